import { describeValue, requireNames } from '@cppo/checked-options';
import type { RewardFunction, RewardInput, RewardResult } from './reward-function.js';

/** A number about one completion: a penalty, a bonus, the opinion of another model. */
export type RewardPart = (input: RewardInput) => number | Promise<number>;

/**
 * Adds weighted parts to a reward:  r = base + Σ weight · part.
 *
 * Keeps the parts of the base, and records each added one under its name, unweighted. Accuracy stays that of
 * the base, so gates and filters behave as before.
 *
 * @param base for example `createReward()`.
 * @param extras parts by name; weight 1 by default.
 * @returns a reward function, which rejects with a RangeError when a part is not a finite number or its name
 *   is taken by the base.
 * @throws RangeError when an extra is no function or has an unknown option.
 * @example
 * const base = () => ({ reward: 1, parts: { accuracy: 1, format: 1 } });
 * const extras = { length: { part: lengthPenalty({ limit: 100 }), weight: 0.5 } };
 * (await combineRewards(base, extras)({ completion: '', answer: '', tokens: 40 })).reward; // 0.8
 */
export function combineRewards(
  base: RewardFunction,
  extras: Readonly<Record<string, { readonly part: RewardPart; readonly weight?: number }>>,
): RewardFunction {
  for (const [name, extra] of Object.entries(extras)) {
    requireNames(`combineRewards, ${name}`, extra, { part: true, weight: true });
    if (typeof extra.part !== 'function') {
      throw new RangeError(
        `combineRewards, ${name}: part is ${describeValue(extra.part)}; expected a function.`,
      );
    }
  }
  return async (input) => {
    const result = await base(input);
    const parts: Record<string, number> = {};
    let reward = result.reward;
    for (const [name, { part, weight = 1 }] of Object.entries(extras)) {
      if (name in result.parts) throw new RangeError(`combineRewards: the base has a part ${name} already.`);
      const value = await part(input);
      if (!Number.isFinite(value)) throw new RangeError(`combineRewards: part ${name} is ${value}.`);
      parts[name] = value;
      reward += weight * value;
    }
    return { ...result, reward, parts: { ...result.parts, ...parts } };
  };
}

export interface RewardBatchOptions {
  /** How many may be under way at one time (a judge's server). Default 8. */
  readonly concurrency?: number;
}

/**
 * Rewards many completions, some at a time, in their order.
 *
 * @param reward a reward function.
 * @param inputs completions with their reference answers.
 * @param options how many calls may run concurrently.
 * @returns one result per input.
 * @throws RangeError when an option is unknown or out of range; whatever `reward` throws.
 * @example
 * const inputs = ['\\boxed{4}', '\\boxed{5}'].map((completion) => ({ completion, answer: '4' }));
 * const results = await rewardBatch(createReward(), inputs);
 * results.map(({ parts }) => parts.accuracy); // [1, 0]
 */
export async function rewardBatch(
  reward: RewardFunction,
  inputs: readonly RewardInput[],
  options: RewardBatchOptions = {},
): Promise<RewardResult[]> {
  requireNames('rewardBatch', options, { concurrency: true });
  const { concurrency = 8 } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(
      `rewardBatch: concurrency is ${describeValue(concurrency)}; expected a whole number above 0.`,
    );
  }
  const results: RewardResult[] = new Array(inputs.length);
  const queue = inputs.entries();
  const work = async () => {
    for (const [index, input] of queue) results[index] = await reward(input);
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(concurrency, inputs.length)) }, work));
  return results;
}
