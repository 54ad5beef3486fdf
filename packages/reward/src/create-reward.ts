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
 * The reward of CPPO's authors: accuracyWeight · accuracy + formatWeight · format, where accuracy is 1 when the
 * last `\boxed{}` of the completion is mathematically equal to the reference answer, and format is
 * `formatReward`.
 *
 * @throws RangeError when an option is not a finite number or has no such name.
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
