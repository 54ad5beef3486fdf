import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import { lastBoxed } from './boxed.js';
import { formatReward } from './format-reward.js';
import { mathEqual } from './math-equal.js';
import type { RewardFunction } from './reward-function.js';
import type { MathVerdict } from './verdict.js';

/** The authors' weights. */
export const rewardDefaults = { accuracyWeight: 0.9, formatWeight: 0.1 } as const;

const rewardOptionsSchema = z.strictObject({
  accuracyWeight: z.number().finite().default(rewardDefaults.accuracyWeight),
  formatWeight: z.number().finite().default(rewardDefaults.formatWeight),
});

export interface RewardOptions {
  /** Default 0.9. */
  readonly accuracyWeight?: number;
  /** Default 0.1. */
  readonly formatWeight?: number;
  /** Decides whether an answer equals the reference. Default `mathEqual`. */
  readonly equal?: (
    answer: string,
    reference: string,
    question?: string,
  ) => MathVerdict | Promise<MathVerdict>;
}

/**
 * Makes the reward of CPPO's authors (arXiv:2601.00501, and their code).
 *
 *   r = accuracyWeight · accuracy + formatWeight · format
 *
 * Accuracy is 1 when the content of the last `\boxed{}` is mathematically equal to the reference answer,
 * format is `formatReward`.
 *
 * @param options both weights, 0.9 and 0.1 by default, and what decides equality.
 * @returns a reward function with the parts `accuracy` and `format`, each 0 or 1.
 * @throws RangeError when an option is unknown or not a finite number.
 * @example
 * const completion = '<think>2 + 2 = 4</think> \\boxed{4}';
 * const result = await createReward()({ completion, answer: '4.0' });
 * result.reward; // 1
 * result.parts; // { accuracy: 1, format: 1 }
 */
export function createReward(options: RewardOptions = {}): RewardFunction {
  const { equal = (answer: string, reference: string) => mathEqual(answer, reference), ...weights } = options;
  const { accuracyWeight, formatWeight } = parseOptions('createReward', rewardOptionsSchema, weights);

  return async ({ completion, answer, question }) => {
    const format = formatReward(completion);
    const boxed = lastBoxed(completion);
    const verdict =
      boxed === null
        ? { equal: false, why: 'the completion has no closed \\boxed{} at its end' }
        : await equal(boxed, answer, question);
    const accuracy = verdict.equal ? 1 : 0;
    return {
      reward: accuracyWeight * accuracy + formatWeight * format,
      parts: { accuracy, format },
      why: verdict.why,
    };
  };
}
