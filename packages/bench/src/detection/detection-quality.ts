/** How well a score or a mask finds the tokens that come from the picture. */
export interface DetectionQuality {
  readonly tokens: number;
  /** Tokens that come from the picture. */
  readonly positives: number;
  readonly detected: number;
  /** Share of the detected tokens that come from the picture; NaN when none is detected. */
  readonly precision: number;
  /** Share of the picture's tokens that are detected; NaN when there is none. */
  readonly recall: number;
  /** 2·precision·recall / (precision + recall), as 2·hits / (detected + positives). */
  readonly f1: number;
  /** Chance that a picture token scores above another one, ties counted half; NaN without scores or one of the classes. */
  readonly rocAuc: number;
}

/** One completion. All arrays have one entry for each of its tokens. */
export interface DetectionExample {
  /** Whether the token was detected. */
  readonly detected: ArrayLike<number | boolean>;
  /** Whether it comes from the picture. */
  readonly truth: ArrayLike<number | boolean>;
  /** Score by which it was detected, higher for more dependence on the picture; for the ROC curve. */
  readonly scores?: ArrayLike<number>;
}

/**
 * Computes precision, recall, F1 and ROC-AUC of detected tokens against the ground truth, over the tokens of
 * all completions together.
 *
 *   AUC = P(s⁺ > s⁻) + ½·P(s⁺ = s⁻)      (Mann–Whitney U / (positives · negatives))
 *
 * @param examples completions with detected and true perception tokens, and scores.
 * @returns the measures, in [0, 1].
 * @throws RangeError when the arrays of a completion differ in length, or only some completions have scores.
 * @example
 * const { precision, recall, f1 } = detectionQuality([{ detected: [1, 1, 0, 0], truth: [1, 0, 0, 1] }]);
 * [precision, recall, f1]; // [0.5, 0.5, 0.5]
 */
export function detectionQuality(examples: readonly DetectionExample[]): DetectionQuality {
  let tokens = 0;
  let positives = 0;
  let detected = 0;
  let hits = 0;
  const scored: { score: number; positive: boolean }[] = [];
  examples.forEach((example, i) => {
    const { length } = example.truth;
    if (
      example.detected.length !== length ||
      (example.scores !== undefined && example.scores.length !== length)
    ) {
      throw new RangeError(
        `detectionQuality: completion ${i} has ${length} truths, ${example.detected.length} detections and ${example.scores?.length ?? 'no'} scores; expected one of each per token.`,
      );
    }
    if ((example.scores === undefined) !== (examples[0]?.scores === undefined)) {
      throw new RangeError(
        `detectionQuality: completion ${i} and the first differ in having scores; expected all or none.`,
      );
    }
    tokens += length;
    for (let t = 0; t < length; t++) {
      const positive = Boolean(example.truth[t]);
      const found = Boolean(example.detected[t]);
      if (positive) positives++;
      if (found) detected++;
      if (positive && found) hits++;
      if (example.scores !== undefined) scored.push({ score: example.scores[t] as number, positive });
    }
  });
  return {
    tokens,
    positives,
    detected,
    precision: detected === 0 ? Number.NaN : hits / detected,
    recall: positives === 0 ? Number.NaN : hits / positives,
    f1: detected + positives === 0 ? Number.NaN : (2 * hits) / (detected + positives),
    rocAuc: areaUnderCurve(scored),
  };
}

/** By ranks: equal scores share the mean of their ranks. */
function areaUnderCurve(scored: { score: number; positive: boolean }[]): number {
  const positives = scored.filter(({ positive }) => positive).length;
  const negatives = scored.length - positives;
  if (positives === 0 || negatives === 0) return Number.NaN;
  scored.sort((one, other) => one.score - other.score);
  let rankSum = 0;
  for (let start = 0; start < scored.length; ) {
    let end = start;
    while (end < scored.length && scored[end]?.score === scored[start]?.score) end++;
    const rank = (start + 1 + end) / 2;
    for (let i = start; i < end; i++) if (scored[i]?.positive) rankSum += rank;
    start = end;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/**
 * Finds the tokens that contain a character of some spans.
 *
 * @param pieces text of each token, in order; special tokens are empty texts.
 * @param spans [start, end) in the joined text.
 * @returns for each token, whether it does.
 * @example
 * tokensInSpans(['I see', ' 4', ' red'], [[6, 7]]); // [false, true, false]
 */
export function tokensInSpans(
  pieces: readonly string[],
  spans: readonly (readonly [number, number])[],
): boolean[] {
  let at = 0;
  return pieces.map((piece) => {
    const start = at;
    at += piece.length;
    return spans.some(([from, to]) => start < to && from < at);
  });
}
