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
 * Soft penalty of a long completion (DAPO, arXiv:2503.14476, eq. 13), in [−1, 0].
 *
 *   0                                 where n ≤ L_max − L_cache
 *   ((L_max − L_cache) − n) / L_cache where n ≤ L_max
 *   −1                                above
 *
 * @param tokens n, length of the completion.
 * @throws RangeError when the buffer is negative or longer than maxTokens.
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
 * A reward function with the overlong penalty added, times `weight`. Accuracy stays what it was, so filters and gates
 * that ask for it see no difference. The penalty itself is the part `length`.
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
