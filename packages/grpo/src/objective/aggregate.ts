import { requireOneOf } from '@cppo/checked-options';
import * as tf from '@tensorflow/tfjs-core';

/**
 * How values of tokens become one number.
 *
 * - `token-mean`: Σ m·x / Σ m — every token weighs the same (DAPO, BNPO; verl `token-mean`).
 * - `sequence-mean`: mean over completions of their token mean (GRPO; verl `seq-mean-token-mean`).
 * - `sequence-sum`: mean over completions of their token sum (LUSPO; verl `seq-mean-token-sum`).
 * - `fixed-length`: Σ m·x / (B · maxLength) — no length bias (Dr. GRPO).
 */
export type Aggregation = (typeof aggregations)[number];

export const aggregations = ['token-mean', 'sequence-mean', 'sequence-sum', 'fixed-length'] as const;

/** What the whole optimiser batch counts; a micro-batch cannot know it. */
export interface BatchCounts {
  /** Σ m over the batch. */
  readonly tokens: number;
  /** B, completions of the batch, those whose mask is empty included (as in TRL). */
  readonly sequences: number;
  /** The length limit under which completions were sampled; for `fixed-length`. */
  readonly maxLength?: number;
}

/**
 * Reduces per-token values to a scalar (`Aggregation` has the formula of each mode).
 *
 * With the counts of the whole optimiser batch, the results of its micro-batches add up to the result of the
 * whole, however the batch is divided.
 *
 * @param perToken [B, T] finite values; those on padding are ignored.
 * @param mask [B, T] 1 on completion tokens; a completion without any contributes 0.
 * @param mode how tokens and completions are weighted.
 * @param counts of the whole optimiser batch; those of `mask` by default (`maxLength` is then T).
 * @returns scalar in the unit of `perToken`; 0 for a batch without tokens.
 * @throws RangeError when shapes disagree or the mode is unknown.
 * @example
 * const perToken = tf.tensor2d([[1, 0], [2, 3]]);
 * const mask = tf.tensor2d([[1, 0], [1, 1]]);
 * aggregate(perToken, mask, 'token-mean'); // 2
 * aggregate(perToken, mask, 'sequence-mean'); // 1.75
 * aggregate(perToken, mask, 'token-mean', { tokens: 6, sequences: 4 }); // 1
 */
export function aggregate(
  perToken: tf.Tensor2D,
  mask: tf.Tensor2D,
  mode: Aggregation,
  counts?: BatchCounts,
): tf.Scalar {
  requireOneOf('aggregate', 'mode', mode, aggregations);
  if (`${perToken.shape}` !== `${mask.shape}`) {
    throw new RangeError(
      `aggregate: perToken is [${perToken.shape}] and mask [${mask.shape}]; expected [B, T] for both.`,
    );
  }
  const [rows, length] = mask.shape;
  const masked = tf.mul(perToken, mask);
  if (mode === 'sequence-mean') {
    const means = tf.div(tf.sum(masked, 1), tf.maximum(tf.sum(mask, 1), 1));
    return tf.div(tf.sum(means), Math.max(counts?.sequences ?? rows, 1));
  }
  const total = tf.sum(masked);
  if (mode === 'sequence-sum') return tf.div(total, Math.max(counts?.sequences ?? rows, 1));
  if (mode === 'fixed-length') {
    return tf.div(total, Math.max((counts?.sequences ?? rows) * (counts?.maxLength ?? length), 1));
  }
  return tf.div(total, counts ? Math.max(counts.tokens, 1) : tf.maximum(tf.sum(mask), 1));
}
