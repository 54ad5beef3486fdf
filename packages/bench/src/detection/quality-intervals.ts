import type { Estimate } from '../evaluate/estimates.js';
import { randomFrom } from '../tasks/random.js';
import { type DetectionExample, detectionQuality } from './detection-quality.js';

const measures = ['precision', 'recall', 'f1', 'rocAuc'] as const;

/** The measures of `detectionQuality`, each with its interval. */
export type QualityEstimates = Readonly<Record<(typeof measures)[number], Estimate>>;

/**
 * Detection quality with percentile intervals from resampling the questions: the completions of one question share its picture, so
 * they stay together.
 *
 * @param questions the completions of each question.
 * @param resamples default 200.
 */
export function qualityWithIntervals(
  questions: readonly (readonly DetectionExample[])[],
  {
    resamples = 200,
    seed = 0,
    confidence = 0.95,
  }: { readonly resamples?: number; readonly seed?: number; readonly confidence?: number } = {},
): QualityEstimates {
  const random = randomFrom(`detection-${seed}`);
  const whole = detectionQuality(questions.flat());
  const drawn = Array.from({ length: resamples }, () =>
    detectionQuality(questions.flatMap(() => questions[random.integer(0, questions.length - 1)] ?? [])),
  );
  const estimate = (measure: (typeof measures)[number]): Estimate => {
    const values = drawn
      .map((quality) => quality[measure])
      .filter(Number.isFinite)
      .sort((one, other) => one - other);
    const at = (share: number) => values[Math.round(share * (values.length - 1))] ?? Number.NaN;
    return { value: whole[measure], low: at((1 - confidence) / 2), high: at((1 + confidence) / 2) };
  };
  return Object.fromEntries(measures.map((measure) => [measure, estimate(measure)])) as QualityEstimates;
}
