import { requireNames } from '@cppo/checked-options';
import type { BootstrapOptions, Estimate } from '../evaluate/estimates.js';
import { mean } from '../evaluate/estimates.js';
import { randomFrom } from '../tasks/random.js';
import { crossedInterval } from './crossed-interval.js';

/**
 * Computes the mean over seeds and questions with a percentile interval. Resamples both (a run generalises
 * over both); each resample takes the drawn questions of the drawn seeds.
 *
 * @param runs for each seed, the value of each question; every run has the same questions.
 * @param options resamples, confidence and seed.
 * @returns mean and interval.
 * @throws RangeError when the runs differ in their number of questions.
 * @example
 * bootstrapRuns([[0, 1], [1, 1]]).value; // 0.75
 */
export function bootstrapRuns(
  runs: readonly (readonly number[])[],
  options: BootstrapOptions = {},
): Estimate {
  requireNames('bootstrapRuns', options, { resamples: true, confidence: true, seed: true });
  const { resamples = 2000, confidence = 0.95, seed = 0 } = options;
  const questions = runs[0]?.length ?? 0;
  if (runs.some((run) => run.length !== questions)) {
    throw new RangeError(
      `bootstrapRuns: runs of ${runs.map((run) => run.length).join(', ')} questions; expected the same questions in all.`,
    );
  }
  const value = mean(runs.map((run) => mean(run)));
  if (questions === 0) return { value, low: value, high: value };
  const random = randomFrom(`runs-${seed}`);
  const means = Array.from({ length: resamples }, () => {
    const drawn = runs.map(() => runs[random.integer(0, runs.length - 1)] as readonly number[]);
    let sum = 0;
    for (let i = 0; i < questions; i++) {
      const question = random.integer(0, questions - 1);
      for (const run of drawn) sum += run[question] as number;
    }
    return sum / (questions * runs.length);
  }).sort((one, other) => one - other);
  const at = (share: number) => means[Math.round(share * (resamples - 1))] as number;
  return { value, low: at((1 - confidence) / 2), high: at((1 + confidence) / 2) };
}

/**
 * Computes the mean of `after − before` over seeds and questions, paired by both: a seed has the same
 * training questions in every arm, and the held-out questions are the same in all.
 *
 * @param before runs by seed.
 * @param after runs by seed; only seeds that both have count.
 * @returns the number of common seeds, and the difference with its intervals.
 * @example
 * const before = new Map([[1, [0, 0]], [2, [0, 1]]]);
 * const after = new Map([[1, [1, 0]], [2, [1, 1]]]);
 * pairedDifference(before, after).difference.value; // 0.5
 */
export function pairedDifference(
  before: ReadonlyMap<number, readonly number[]>,
  after: ReadonlyMap<number, readonly number[]>,
): {
  readonly seeds: number;
  /** With the percentile interval of {@link bootstrapRuns}. */
  readonly difference: Estimate;
  /** With the t-interval of {@link crossedInterval}; absent for fewer than two seeds. */
  readonly crossed?: Estimate;
} {
  const shared = [...after.keys()].filter((seed) => before.has(seed)).sort((one, other) => one - other);
  const runs = shared.map((seed) => {
    const [b, a] = [before.get(seed), after.get(seed)] as [readonly number[], readonly number[]];
    if (a.length !== b.length) {
      throw new RangeError(
        `pairedDifference: seed ${seed} has ${b.length} questions before and ${a.length} after; expected the same.`,
      );
    }
    return a.map((value, i) => value - (b[i] as number));
  });
  const crossed = crossedInterval(runs);
  return {
    seeds: shared.length,
    difference: bootstrapRuns(runs),
    ...(crossed === undefined ? {} : { crossed }),
  };
}
