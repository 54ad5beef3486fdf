import { requireNames } from '@cppo/checked-options';
import type { RewardFunction } from '../reward-function.js';

export interface OverlongOptions {
  /** L_max: longer completions get −1. */
  readonly maxTokens: number;
  /** L_cache: over the last so many tokens before L_max the penalty grows from 0 to −1. */
  readonly buffer: number;
}

export interface WeightedOverlongOptions extends OverlongOptions {
  /** What the penalty is multiplied by. Default 1. */
  readonly weight?: number;
}

/**
 * Penalises a long completion softly (DAPO, arXiv:2503.14476, eq. 13).
 *
 *   0                                 where n ≤ L_max − L_cache
 *   ((L_max − L_cache) − n) / L_cache where n ≤ L_max
 *   −1                                above
 *
 * @param tokens n, length of the completion.
 * @param options L_max and L_cache, in tokens.
 * @returns the penalty, in [−1, 0].
 * @throws RangeError when the buffer is negative or longer than maxTokens.
 * @example
 * overlongPenalty(90, { maxTokens: 100, buffer: 20 }); // -0.5
 */
export function overlongPenalty(tokens: number, options: OverlongOptions): number {
  requireNames('overlongPenalty', options, { maxTokens: true, buffer: true });
  const { maxTokens, buffer } = options;
  if (!(buffer >= 0 && buffer <= maxTokens)) {
    throw new RangeError(`overlongPenalty: buffer is ${buffer}; expected 0 to maxTokens, ${maxTokens}.`);
  }
  const free = maxTokens - buffer;
  if (tokens <= free) return 0;
  return tokens <= maxTokens ? (free - tokens) / buffer : -1;
}

/**
 * Adds the weighted `overlongPenalty` to a reward. Accuracy is unchanged, so filters and gates behave as
 * before.
 *
 * @param reward the reward function to extend; its input must carry `tokens`.
 * @param options L_max and L_cache in tokens, and the weight.
 * @returns the sum, with the unweighted penalty as part `length`.
 * @throws TypeError when an input has no `tokens`; RangeError when the buffer is out of range.
 * @example
 * const correct = () => ({ reward: 1, parts: { accuracy: 1, format: 1 } });
 * const reward = withOverlongPenalty(correct, { maxTokens: 100, buffer: 20 });
 * (await reward({ completion: '', answer: '', tokens: 90 })).reward; // 0.5
 */
export function withOverlongPenalty(
  reward: RewardFunction,
  options: WeightedOverlongOptions,
): RewardFunction {
  requireNames('withOverlongPenalty', options, { maxTokens: true, buffer: true, weight: true });
  const { weight = 1, ...penaltyOptions } = options;
  return async (input) => {
    if (input.tokens === undefined) {
      throw new TypeError(
        'withOverlongPenalty: the input has no tokens; expected the length of the completion.',
      );
    }
    const result = await reward(input);
    const penalty = overlongPenalty(input.tokens, penaltyOptions);
    return {
      ...result,
      reward: result.reward + weight * penalty,
      parts: { ...result.parts, length: penalty },
    };
  };
}
