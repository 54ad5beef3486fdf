import { requireNames } from '@cppo/checked-options';
import { randomFrom } from '../tasks/random.js';

/** An estimate with its interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Estimates, without bias, the chance that at least one of k answers is right.
 *
 *   pass@k = 1 − C(n − c, k) / C(n, k)      (Chen et al. 2021, arXiv:2107.03374, eq. 1)
 *
 * @param n answers sampled.
 * @param c of them right.
 * @param k answers allowed.
 * @returns the chance, in [0, 1].
 * @throws RangeError when k is not in 1…n or c not in 0…n.
 * @example
 * passAtK(4, 1, 2); // 0.5
 */
export function passAtK(n: number, c: number, k: number): number {
  if (!(k >= 1 && k <= n && c >= 0 && c <= n)) {
    throw new RangeError(`passAtK: n = ${n}, c = ${c}, k = ${k}; expected 1 ≤ k ≤ n and 0 ≤ c ≤ n.`);
  }
  if (n - c < k) return 1;
  let allWrong = 1;
  for (let i = n - c + 1; i <= n; i++) allWrong *= 1 - k / i;
  return 1 - allWrong;
}

/**
 * Decides whether the most frequent answer is right. Answers without a vote are ignored; ties are broken
 * uniformly, so a tie gives a fraction.
 *
 * @param votes the answers to one question.
 * @returns the chance that the majority is right, in [0, 1].
 * @example
 * majority([{ vote: '4', correct: true }, { vote: '5', correct: false }]); // 0.5
 */
export function majority(
  votes: readonly { readonly vote: string | null; readonly correct: boolean }[],
): number {
  const tally = new Map<string, { count: number; correct: number }>();
  for (const { vote, correct } of votes) {
    if (vote === null) continue;
    const entry = tally.get(vote) ?? { count: 0, correct: 0 };
    tally.set(vote, { count: entry.count + 1, correct: entry.correct + (correct ? 1 : 0) });
  }
  const most = Math.max(0, ...[...tally.values()].map(({ count }) => count));
  const winners = [...tally.values()].filter(({ count }) => count === most);
  return winners.length === 0 ? 0 : mean(winners.map(({ count, correct }) => correct / count));
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}

export interface BootstrapOptions {
  /** Default 2000. */
  readonly resamples?: number;
  /** Default 0.95. */
  readonly confidence?: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * Computes the mean of one value per question with a percentile interval from resampling the questions (Efron
 * 1979). Questions are what generalises: the answers to one question are not independent of each other.
 *
 * @param values one per question.
 * @param options resamples, confidence and seed.
 * @returns mean and interval.
 * @example
 * bootstrapMean([0.5, 0.5]); // { value: 0.5, low: 0.5, high: 0.5 }
 */
export function bootstrapMean(values: readonly number[], options: BootstrapOptions = {}): Estimate {
  requireNames('bootstrapMean', options, { resamples: true, confidence: true, seed: true });
  const { resamples = 2000, confidence = 0.95, seed = 0 } = options;
  const value = mean(values);
  if (values.length === 0) return { value, low: value, high: value };
  const random = randomFrom(`bootstrap-${seed}`);
  const means = Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[random.integer(0, values.length - 1)] as number;
    return sum / values.length;
  }).sort((one, other) => one - other);
  const at = (share: number): number =>
    means[Math.min(resamples - 1, Math.max(0, Math.round(share * (resamples - 1))))] as number;
  return { value, low: at((1 - confidence) / 2), high: at((1 + confidence) / 2) };
}

/**
 * Computes the mean of `after − before` over the same questions with its interval: paired, so that their
 * difficulty cancels.
 *
 * @param before one value per question.
 * @param after one value per question.
 * @param options resamples, confidence and seed.
 * @returns mean and interval.
 * @throws RangeError when the lengths differ.
 * @example
 * bootstrapDifference([0, 0.5], [0.5, 1]); // { value: 0.5, low: 0.5, high: 0.5 }
 */
export function bootstrapDifference(
  before: readonly number[],
  after: readonly number[],
  options: BootstrapOptions = {},
): Estimate {
  if (before.length !== after.length) {
    throw new RangeError(
      `bootstrapDifference: ${before.length} values before and ${after.length} after; expected the same questions.`,
    );
  }
  return bootstrapMean(
    after.map((value, i) => value - (before[i] as number)),
    options,
  );
}
