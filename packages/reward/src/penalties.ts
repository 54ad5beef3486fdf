import { requireNames } from '@cppo/checked-options';
import type { RewardPart } from './combine-rewards.js';
import type { RewardInput } from './reward-function.js';

export interface OverlongPenaltyOptions {
  /** Tokens before the limit in which the penalty grows. */
  readonly buffer: number;
  /** Default the `maxTokens` of the input. */
  readonly limit?: number;
}

export interface LengthPenaltyOptions {
  /** Tokens at which the penalty is whole. */
  readonly limit: number;
}

export interface RepetitionPenaltyOptions {
  /** n of the n-grams. Default 3. */
  readonly size?: number;
}

function tokensOf(caller: string, { tokens }: RewardInput): number {
  if (tokens === undefined) throw new TypeError(`${caller}: the input has no tokens; expected their number.`);
  return tokens;
}

function assertCount(caller: string, name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`${caller}: ${name} is ${value}; expected a whole number above 0.`);
  }
}

/**
 * Penalises the last tokens before a limit softly (DAPO, arXiv:2503.14476, eq. 13), L tokens.
 *
 *   0 for L ≤ limit − buffer,   (limit − buffer − L) / buffer up to the limit,   −1 beyond it
 *
 * @param options buffer and limit in tokens; the limit is the input's `maxTokens` by default.
 * @returns a part for `combineRewards`, in [−1, 0]; it throws a TypeError when an input has no `tokens` or no
 *   limit is known.
 * @throws RangeError when an option is unknown or out of range.
 * @example
 * overlongPenalty({ buffer: 20 })({ tokens: 90, maxTokens: 100 }); // -0.5
 */
export function overlongPenalty(options: OverlongPenaltyOptions): RewardPart {
  requireNames('overlongPenalty', options, { buffer: true, limit: true });
  const { buffer } = options;
  assertCount('overlongPenalty', 'buffer', buffer);
  return (input) => {
    const limit = options.limit ?? input.maxTokens;
    if (limit === undefined)
      throw new TypeError('overlongPenalty: neither options.limit nor maxTokens is given.');
    const over = tokensOf('overlongPenalty', input) - (limit - buffer);
    return over <= 0 ? 0 : -Math.min(1, over / buffer);
  };
}

/**
 * Penalises length: −min(1, L / limit), L tokens.
 *
 * @param options the limit in tokens, at which the penalty is full.
 * @returns a part for `combineRewards`, in [−1, 0]; it throws a TypeError when an input has no `tokens`.
 * @throws RangeError when an option is unknown or out of range.
 * @example
 * lengthPenalty({ limit: 100 })({ tokens: 40 }); // -0.4
 */
export function lengthPenalty(options: LengthPenaltyOptions): RewardPart {
  requireNames('lengthPenalty', options, { limit: true });
  const { limit } = options;
  assertCount('lengthPenalty', 'limit', limit);
  return (input) => -Math.min(1, tokensOf('lengthPenalty', input) / limit);
}

/**
 * Penalises repeated n-grams of words, lower-cased (arXiv:2502.03373).
 *
 *   −(1 − distinct n-grams / n-grams)
 *
 * @param options n, 3 by default.
 * @returns a part for `combineRewards`, in (−1, 0]: 0 when no n-gram repeats or the text has fewer than n
 *   words.
 * @throws RangeError when an option is unknown or out of range.
 * @example
 * repetitionPenalty({ size: 1 })({ completion: 'wait wait wait what' }); // -0.5
 */
export function repetitionPenalty(options: RepetitionPenaltyOptions = {}): RewardPart {
  requireNames('repetitionPenalty', options, { size: true });
  const { size = 3 } = options;
  assertCount('repetitionPenalty', 'size', size);
  return ({ completion }) => {
    const words = completion.toLowerCase().split(/\s+/).filter(Boolean);
    const total = words.length - size + 1;
    if (total < 1) return 0;
    const distinct = new Set(
      Array.from({ length: total }, (_, start) => words.slice(start, start + size).join(' ')),
    );
    return distinct.size / total - 1;
  };
}
