import { requireNames } from '@cppo/checked-options';
import type { BootstrapOptions, Estimate } from '../evaluate/estimates.js';
import { randomFrom } from '../tasks/random.js';
import { type DetectionExample, detectionQuality } from './detection-quality.js';

const measures = ['precision', 'recall', 'f1', 'rocAuc'] as const;

type Quality = Readonly<Record<(typeof measures)[number], number>>;

/** The measures of `detectionQuality`, each with its interval. */
export type QualityEstimates = Readonly<Record<(typeof measures)[number], Estimate>>;

/**
 * Computes `detectionQuality` with percentile intervals. Resamples questions: the completions of one question
 * share its picture, so they stay together.
 *
 * @param questions the completions of each question.
 * @param options resamples (1000 by default), confidence and seed.
 * @returns each measure with its interval.
 * @throws as `detectionQuality`.
 */
export function qualityWithIntervals(
  questions: readonly (readonly DetectionExample[])[],
  options: BootstrapOptions = {},
): QualityEstimates {
  requireNames('qualityWithIntervals', options, { resamples: true, seed: true, confidence: true });
  const { resamples = 1000, seed = 0, confidence = 0.95 } = options;
  const random = randomFrom(`detection-${seed}`);
  const whole = detectionQuality(questions.flat());
  const weighted = weightedQuality(questions);
  const drawn = Array.from({ length: resamples }, () => {
    const weights = new Float64Array(questions.length);
    for (let i = 0; i < questions.length; i++) {
      const question = random.integer(0, questions.length - 1);
      weights[question] = (weights[question] as number) + 1;
    }
    return weighted(weights);
  });
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

/** `detectionQuality` with each question counted as often as its weight says; tokens are sorted once for all weights. */
function weightedQuality(
  questions: readonly (readonly DetectionExample[])[],
): (weights: Float64Array) => Quality {
  const counts = questions.map((examples) => {
    const { positives, detected, precision } = detectionQuality(examples.map(withoutScores));
    return { positives, detected, hits: detected === 0 ? 0 : Math.round(precision * detected) };
  });
  const tokens = questions
    .flatMap((examples, question) =>
      examples.flatMap(({ truth, scores }) =>
        Array.from(scores ?? [], (score, t) => ({ question, score, positive: Boolean(truth[t]) })),
      ),
    )
    .sort((one, other) => one.score - other.score);
  return (weights) => {
    let [positives, detected, hits] = [0, 0, 0];
    for (const [question, count] of counts.entries()) {
      const weight = weights[question] as number;
      positives += weight * count.positives;
      detected += weight * count.detected;
      hits += weight * count.hits;
    }
    // Pairs of a positive above a negative; equal scores count half.
    let [below, above, pairs] = [0, 0, 0];
    for (let start = 0; start < tokens.length; ) {
      let [negatives, own, end] = [0, 0, start];
      for (; tokens[end]?.score === tokens[start]?.score && end < tokens.length; end++) {
        const { question, positive } = tokens[end] as (typeof tokens)[number];
        if (positive) own += weights[question] as number;
        else negatives += weights[question] as number;
      }
      pairs += own * (below + negatives / 2);
      below += negatives;
      above += own;
      start = end;
    }
    return {
      precision: hits / detected,
      recall: hits / positives,
      f1: (2 * hits) / (detected + positives),
      rocAuc: pairs / (above * below),
    };
  };
}

const withoutScores = ({ truth, detected }: DetectionExample): DetectionExample => ({ truth, detected });
