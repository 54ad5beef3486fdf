import type { RewardPart } from './combine-rewards.js';
import type { RewardInput } from './reward-function.js';

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
 * Soft overlong punishment (DAPO, arXiv:2503.14476, eq. 13), L tokens:
 *
 *   0 for L ≤ limit − buffer,   (limit − buffer − L) / buffer up to the limit,   −1 beyond it
 *
 * @param options.buffer tokens before the limit in which the penalty grows.
 * @param options.limit  default the `maxTokens` of the input.
 * @throws TypeError when an input has no `tokens`, or no limit is known.
 */
export function overlongPenalty(options: { readonly buffer: number; readonly limit?: number }): RewardPart {
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
 * −min(1, L / limit), L tokens: shorter is better.
 *
 * @throws TypeError when an input has no `tokens`.
 */
export function lengthPenalty(options: { readonly limit: number }): RewardPart {
  const { limit } = options;
  assertCount('lengthPenalty', 'limit', limit);
  return (input) => -Math.min(1, tokensOf('lengthPenalty', input) / limit);
}

/**
 * −(1 − distinct n-grams / n-grams) of the words, lower-cased: 0 when no n-gram repeats, near −1 for a loop
 * (arXiv:2502.03373). Text of fewer than n words gives 0.
 *
 * @param options.size n. Default 3.
 */
export function repetitionPenalty(options: { readonly size?: number } = {}): RewardPart {
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
