import type { Uniform } from './random.js';

/** How a token is chosen from a distribution. */
export interface SamplingOptions {
  /** Logits are divided by it; 0 takes the most probable token. */
  readonly temperature: number;
  /** Only the k most probable tokens (and those as probable as the last of them); 0 for all. */
  readonly topK: number;
  /** Only the fewest tokens whose probabilities reach this sum; 1 for all. */
  readonly topP: number;
  /** Only tokens at least this times as probable as the most probable; 0 for all. */
  readonly minP: number;
  /** Logits of tokens that occurred are divided by it when positive, multiplied when negative; 1 for none. */
  readonly repetitionPenalty: number;
}

/** A token with its log-probability, nats. */
export interface SampledToken {
  readonly token: number;
  /**
   * Under the whole distribution at the sampling temperature (at 1 when the temperature is 0):
   * neither truncation nor penalty nor banned tokens enter, so that it equals what scoring gives.
   */
  readonly logProb: number;
}

/**
 * What draws tokens from one distribution. Penalty, temperature, top-k, top-p and min-p apply in this order, each on what
 * the last left over, as in transformers.
 *
 * @param logits [V]
 * @param seen ids in the prompt and in the completion so far, for the penalty.
 * @param banned ids never chosen.
 */
export function tokenSampler(
  logits: Float32Array,
  options: SamplingOptions,
  seen: ReadonlySet<number>,
  banned: ReadonlySet<number>,
): (uniform: Uniform) => SampledToken {
  const { temperature, repetitionPenalty } = options;
  const scale = temperature === 0 ? 1 : 1 / temperature;
  const largest = largestOf(logits);
  // Plain loops throughout: this runs over the vocabulary for every token that is sampled.
  const weights = new Float64Array(logits.length);
  let total = 0;
  for (let id = 0; id < weights.length; id++) {
    const weight = Math.exp(((logits[id] as number) - largest) * scale);
    weights[id] = weight;
    total += weight;
  }
  const chosen = (token: number): SampledToken => ({
    token,
    logProb: ((logits[token] as number) - largest) * scale - Math.log(total),
  });

  const scores = logits.slice();
  if (repetitionPenalty !== 1) {
    for (const id of seen) {
      const value = scores[id] as number;
      scores[id] = value < 0 ? value * repetitionPenalty : value / repetitionPenalty;
    }
  }
  for (const id of banned) scores[id] = Number.NEGATIVE_INFINITY;
  const peak = largestOf(scores);
  if (temperature === 0) {
    const best = chosen(Math.max(0, scores.indexOf(peak)));
    return () => best;
  }

  if (repetitionPenalty === 1 && peak === largest) {
    for (const id of banned) weights[id] = 0;
  } else {
    for (let id = 0; id < weights.length; id++) {
      weights[id] = Math.exp(((scores[id] as number) - peak) * scale);
    }
  }
  const kept = keptTokens(weights, options);
  const passed = passedWeights(weights, kept);
  return (uniform) => chosen(drawn(passed, kept, uniform()));
}

/**
 * `tokenSampler` where nothing but the temperature shapes the distribution, from its probabilities.
 *
 * @param probabilities [V] of the whole distribution.
 * @param allowed [V] 1, or 0 for ids never chosen.
 */
export function probabilitySampler(
  probabilities: Float32Array,
  allowed: Float64Array,
): (uniform: Uniform) => SampledToken {
  const passed = new Float64Array(probabilities.length);
  let sum = 0;
  for (let id = 0; id < passed.length; id++) {
    sum += (probabilities[id] as number) * (allowed[id] as number);
    passed[id] = sum;
  }
  return (uniform) => {
    const token = drawn(passed, undefined, uniform());
    return { token, logProb: Math.log(probabilities[token] as number) };
  };
}

function largestOf(values: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if ((values[i] as number) > largest) largest = values[i] as number;
  return largest;
}

/** Cumulative weights of the kept tokens, in their order. */
function passedWeights(weights: Float64Array, kept: readonly number[] | undefined): Float64Array {
  const passed = kept ? Float64Array.from(kept, (id) => weights[id] as number) : weights.slice();
  for (let i = 1; i < passed.length; i++) passed[i] = (passed[i] as number) + (passed[i - 1] as number);
  return passed;
}

/** The first token at which the cumulative weight passes that share of the whole; one of weight 0 never does. */
function drawn(passed: Float64Array, kept: readonly number[] | undefined, share: number): number {
  const whole = passed[passed.length - 1] as number;
  const target = Math.min(share * whole, whole * (1 - Number.EPSILON));
  let low = 0;
  for (let high = passed.length - 1; low < high; ) {
    const middle = (low + high) >> 1;
    if ((passed[middle] as number) > target) high = middle;
    else low = middle + 1;
  }
  return kept ? (kept[low] as number) : low;
}

/**
 * The tokens that top-k, top-p and min-p leave, most probable first; undefined when all are left.
 *
 * @param weights [V] unnormalised probabilities, the largest of them 1.
 */
export function keptTokens(
  weights: Float64Array,
  { topK, topP, minP }: Pick<SamplingOptions, 'topK' | 'topP' | 'minP'>,
): number[] | undefined {
  const limited = topK > 0 && topK < weights.length;
  if (!limited && topP >= 1 && minP <= 0) return undefined;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // Few tokens matter as a rule: sort those above a threshold, and lower it until they suffice.
  for (let threshold = 1e-3; ; threshold = threshold < 1e-30 ? 0 : threshold * 1e-3) {
    const candidates: number[] = [];
    for (let id = 0; id < weights.length; id++) if ((weights[id] as number) >= threshold) candidates.push(id);
    const mass = candidates.reduce((sum, id) => sum + (weights[id] as number), 0);
    const enough = limited ? candidates.length >= topK : topP < 1 ? mass >= topP * total : threshold <= minP;
    if (threshold > 0 && !enough) continue;
    candidates.sort((a, b) => (weights[b] as number) - (weights[a] as number) || a - b);
    return truncate(candidates, weights, limited ? topK : 0, topP, minP, total);
  }
}

function truncate(
  candidates: number[],
  weights: Float64Array,
  topK: number,
  topP: number,
  minP: number,
  total: number,
): number[] {
  let kept = candidates;
  let sum = total;
  if (topK > 0 && topK < kept.length) {
    const smallest = weights[kept[topK - 1] as number] as number;
    kept = kept.filter((id) => (weights[id] as number) >= smallest);
  }
  if (topK > 0) sum = kept.reduce((all, id) => all + (weights[id] as number), 0);
  if (topP < 1) {
    let reached = 0;
    const enough = kept.findIndex((id) => {
      reached += weights[id] as number;
      return reached >= topP * sum;
    });
    if (enough >= 0) kept = kept.slice(0, enough + 1);
  }
  return minP > 0 ? kept.filter((id) => (weights[id] as number) >= minP) : kept;
}
