import { requireNames } from '@cppo/checked-options';
import type { Estimate } from '../evaluate/estimates.js';
import { mean } from '../evaluate/estimates.js';

/**
 * Computes the mean over runs and questions with an interval for both as random samples (crossed random
 * effects; Cameron, Gelbach and Miller 2011, doi:10.1198/jbes.2010.07136, clustered by run and by question).
 *
 *   V = V_runs + V_questions − V_rest, and at least the larger of the first two
 *   V_runs = s²(means of runs)/S,  V_questions = s²(means of questions)/Q,  V_rest = s²(rest)/(S·Q)
 *   mean ± t(ν) · √V,  ν = V² / (V_runs²/(S − 1) + V_questions²/(Q − 1))      (Satterthwaite 1946)
 *
 * A percentile bootstrap of three to five runs is too narrow when the runs differ (it resamples too few, and
 * ignores Student's t), and too wide when they do not (it counts the noise of single answers twice).
 *
 * @param runs for each seed, the value of each question; every run has the same questions.
 * @param options `confidence`, 0.95 by default.
 * @returns undefined for fewer than two runs or questions, whose spread cannot be estimated.
 * @example
 * crossedInterval([[0, 1, 1], [1, 1, 1]]).value; // 0.8333
 * crossedInterval([[0, 1, 1]]); // undefined
 */
export function crossedInterval(
  runs: readonly (readonly number[])[],
  options: { readonly confidence?: number } = {},
): Estimate | undefined {
  requireNames('crossedInterval', options, { confidence: true });
  const { confidence = 0.95 } = options;
  const [seeds, questions] = [runs.length, runs[0]?.length ?? 0];
  if (runs.some((run) => run.length !== questions)) {
    throw new RangeError(
      `crossedInterval: runs of ${runs.map((run) => run.length).join(', ')} questions; expected the same questions in all.`,
    );
  }
  if (seeds < 2 || questions < 2) return undefined;
  const ofRuns = runs.map((run) => mean(run));
  const ofQuestions = Array.from({ length: questions }, (_, i) => mean(runs.map((run) => run[i] as number)));
  const value = mean(ofRuns);
  const squares = (values: readonly number[]): number =>
    values.reduce((sum, each) => sum + (each - value) ** 2, 0);
  const rest = runs.reduce(
    (sum, run, s) =>
      sum +
      run.reduce(
        (total, each, q) => total + (each - (ofRuns[s] as number) - (ofQuestions[q] as number) + value) ** 2,
        0,
      ),
    0,
  );
  const vRuns = squares(ofRuns) / (seeds - 1) / seeds;
  const vQuestions = squares(ofQuestions) / (questions - 1) / questions;
  const vRest = rest / ((seeds - 1) * (questions - 1)) / (seeds * questions);
  const variance = Math.max(vRuns + vQuestions - vRest, vRuns, vQuestions);
  if (variance === 0) return { value, low: value, high: value };
  const freedom = variance ** 2 / (vRuns ** 2 / (seeds - 1) + vQuestions ** 2 / (questions - 1));
  const reach = studentT(1 - (1 - confidence) / 2, Math.max(1, freedom)) * Math.sqrt(variance);
  return { value, low: value - reach, high: value + reach };
}

/**
 * Quantile of Student's t distribution.
 *
 * @param probability in (0.5, 1).
 * @param freedom degrees of freedom, above 0; need not be whole.
 */
export function studentT(probability: number, freedom: number): number {
  // P(T ≤ t) = 1 − I(ν/(ν + t²); ν/2, 1/2)/2 grows with t, so it is halved down to.
  let [low, high] = [0, 1];
  const cumulative = (t: number): number =>
    1 - incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2;
  while (cumulative(high) < probability) high *= 2;
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (cumulative(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Regularised incomplete beta function I(x; a, b), by its continued fraction (DLMF 8.17.22). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x));
  let fraction = 1;
  for (let m = 200; m >= 1; m--) {
    const odd = (-(a + m - 1) * (a + b + m - 1) * x) / ((a + 2 * m - 2) * (a + 2 * m - 1));
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    fraction = 1 + odd / (1 + even / fraction);
  }
  return front / (a * fraction);
}

/** Logarithm of the gamma function for x > 0: Stirling's series (DLMF 5.11.1) above 10, carried down by Γ(x + 1) = xΓ(x). */
function logGamma(x: number): number {
  let [at, product] = [x, 1];
  for (; at < 10; at++) product *= at;
  const series = 1 / (12 * at) - 1 / (360 * at ** 3) + 1 / (1260 * at ** 5) - 1 / (1680 * at ** 7);
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}
