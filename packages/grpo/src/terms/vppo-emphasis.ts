/**
 * How much each token depends on the image (VPPO): S = clamp(e^d − d − 1, 0, 10), d = clamp(ℓ_aug − ℓ, ±20), nats.
 *
 * @param logProbs       [T] under the original image.
 * @param maskedLogProbs [T] under the masked image.
 */
export function perceptionDependence(
  logProbs: ArrayLike<number>,
  maskedLogProbs: ArrayLike<number>,
): Float64Array {
  return Float64Array.from(logProbs, (logProb, t) => {
    const d = Math.min(Math.max(maskedLogProbs[t]! - logProb, -20), 20);
    return Math.min(Math.max(Math.exp(d) - d - 1, 0), 10);
  });
}

/** 1 on the ⌈share·T⌉ largest values, 0 elsewhere; of equal values the earlier counts as larger. */
export function strongestTokens(values: ArrayLike<number>, share: number): Uint8Array {
  // 0.4·5 is 2.0000000000000004 or so in other cases: a hair must not make one token more.
  const count = Math.ceil(share * values.length - 1e-9);
  const order = Array.from(values, (_, t) => t).sort((a, b) => values[b]! - values[a]! || a - b);
  const chosen = new Uint8Array(values.length);
  for (const t of order.slice(0, count)) chosen[t] = 1;
  return chosen;
}

/**
 * One factor per completion, a_min + ŝ·(a_max − a_min): ŝ is the mean of its values, min–max-normalised over all
 * completions with tokens; a_max makes the mean factor 1. All are 1 when completions do not differ.
 */
export function scaleByDependence(rows: readonly Float64Array[], smallestScale: number | null): Float64Array {
  const means = rows.map((row) => row.reduce((sum, value) => sum + value, 0) / Math.max(row.length, 1));
  const known = means.filter((_, index) => rows[index]!.length > 0);
  const low = Math.min(...known);
  const spread = Math.max(...known) - low;
  if (smallestScale === null || known.length < 2 || !(spread > 1e-6))
    return new Float64Array(rows.length).fill(1);
  const meanNormalised = known.reduce((sum, value) => sum + (value - low) / spread, 0) / known.length;
  const range = (1 - smallestScale) / meanNormalised;
  return Float64Array.from(means, (value, index) =>
    rows[index]!.length === 0 ? 1 : smallestScale + ((value - low) / spread) * range,
  );
}
