import { describeValue, requireNames } from '@cppo/checked-options';
import type { RewardFunction, RewardInput, RewardResult } from './reward-function.js';

/** A verdict of one among several: a whole reward, or a number by itself. */
export type RewardPartFunction = (
  input: RewardInput,
) => number | PartialReward | Promise<number | PartialReward>;

/** A reward whose parts need not hold accuracy and format. */
export type PartialReward = Pick<RewardResult, 'reward' | 'why'> & {
  readonly parts?: Readonly<Record<string, number>>;
};

/** One of several reward functions. */
export interface WeightedReward {
  /** What its reward is called among the parts. */
  readonly name: string;
  readonly reward: RewardPartFunction;
  readonly weight: number;
}

/** Names of parts that mean something else. */
const taken = ['accuracy', 'format', 'mean', 'deviation', 'unjudged'];

/**
 * Several reward functions as one:  r = Σ weight · r_name.
 *
 * Parts are each r_name under its name, unweighted, and the further parts of a function as `name.part`. Accuracy and
 * format are those of the first function that gives an accuracy, which one has to. Where one of them cannot tell (NaN), the
 * completion is not judged.
 *
 * @param functions at least one of which gives an accuracy.
 * @returns one reward function.
 * @throws RangeError when a name stands twice or is a part's own, a weight is not a finite number, or no function gives an accuracy.
 * @example
 * const boxed = { name: 'boxed', reward: createReward(), weight: 1 };
 * const brief = { name: 'brief', reward: ({ completion }) => 1 / completion.length, weight: 0.5 };
 * (await weightedRewards([boxed, brief])({ completion: '\\boxed{12}', answer: '12' })).reward; // 0.95
 */
export function weightedRewards(functions: readonly WeightedReward[]): RewardFunction {
  const names = new Set(taken);
  for (const each of functions) {
    requireNames(`weightedRewards, ${each.name}`, each, { name: true, reward: true, weight: true });
    if (names.has(each.name)) {
      throw new RangeError(
        `weightedRewards: found the name ${describeValue(each.name)}, expected none of ${[...names].join(', ')}.`,
      );
    }
    names.add(each.name);
    if (!Number.isFinite(each.weight)) {
      throw new RangeError(
        `weightedRewards, ${each.name}: weight is ${describeValue(each.weight)}; expected a number.`,
      );
    }
  }
  return async (input) => {
    const verdicts = await Promise.all(functions.map(({ reward }) => verdictOf(reward, input)));
    const unknown = verdicts.find(({ reward }) => Number.isNaN(reward));
    if (unknown !== undefined) {
      const parts = { accuracy: 0, format: 0 };
      return { reward: Number.NaN, parts, ...(unknown.why !== undefined && { why: unknown.why }) };
    }
    const judging = verdicts.find(({ parts }) => parts?.accuracy !== undefined);
    if (judging?.parts?.accuracy === undefined) {
      throw new RangeError(
        `weightedRewards: none of ${functions.map(({ name }) => name).join(', ')} gives parts.accuracy; expected one that does, such as createReward().`,
      );
    }
    const parts: Record<string, number> = {};
    let reward = 0;
    for (const [i, { name, weight }] of functions.entries()) {
      const verdict = verdicts[i] ?? { reward: 0 };
      reward += weight * verdict.reward;
      parts[name] = verdict.reward;
      for (const [part, value] of Object.entries(verdict.parts ?? {})) {
        if (part !== 'accuracy' && part !== 'format') parts[`${name}.${part}`] = value;
      }
    }
    const { accuracy, format = 0 } = judging.parts;
    const why = verdicts.flatMap((each) => each.why ?? []).join('; ');
    return { reward, parts: { accuracy, format, ...parts }, ...(why !== '' && { why }) };
  };
}

async function verdictOf(reward: RewardPartFunction, input: RewardInput): Promise<PartialReward> {
  const verdict = await reward(input);
  return typeof verdict === 'number' ? { reward: verdict } : verdict;
}
