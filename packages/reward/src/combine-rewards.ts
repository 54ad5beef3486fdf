import { describeValue, requireNames } from '@cppo/checked-options';
import type { RewardFunction, RewardInput, RewardResult } from './reward-function.js';

/** A number about one completion: a penalty, a bonus, the opinion of another model. */
export type RewardPart = (input: RewardInput) => number | Promise<number>;

/**
 * A reward with further parts:  r = base + Σ weight · part.
 *
 * The parts of the base are kept, and each further one is added under its name, unweighted. Accuracy stays that
 * of the base, so gates and filters look at what they always did.
 *
 * @param base for example `createReward()`.
 * @param extras by name; weight 1 unless given.
 * @throws RangeError when a name is taken by the base or a part is not a finite number.
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
 * Rewards of many completions, in their order.
 *
 * @throws RangeError when an option is unknown or out of range.
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
