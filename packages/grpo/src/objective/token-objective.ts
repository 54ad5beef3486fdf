import { detach } from '@cppo/tape';
import * as tf from '@tensorflow/tfjs-core';
import type { ResolvedPolicyLossOptions } from './policy-loss-options.js';

/** Beyond it a ratio of e^±20 carries no information; verl clamps there too. */
const LARGEST_LOG_RATIO = 20;

/**
 * Log-ratio ℓ − ℓ_old: [B, T], or of whole completions [B, 1], Σ m·(ℓ − ℓ_old) / Σ m (GSPO, arXiv:2507.18071, eq. 7).
 */
export function logRatio(
  logProbs: tf.Tensor2D,
  oldLogProbs: tf.Tensor2D,
  mask: tf.Tensor2D,
  level: 'token' | 'sequence',
): tf.Tensor2D {
  const difference = tf.sub<tf.Tensor2D>(logProbs, oldLogProbs);
  const perToken = tf.clipByValue(difference, -LARGEST_LOG_RATIO, LARGEST_LOG_RATIO);
  if (level === 'token') return perToken;
  const length = tf.maximum(tf.sum(mask, 1, true), 1);
  return tf.div(tf.sum(tf.mul(perToken, mask), 1, true), length);
}

/**
 * −min(r·A, clip(r, 1 − ε_low, 1 + ε_high)·A), and at most −c·A where A < 0 (dual clip, arXiv:1912.09729).
 *
 * @param ratio      [B, T] or [B, 1].
 * @param advantages [B, 1].
 */
export function clippedSurrogate(
  ratio: tf.Tensor2D,
  advantages: tf.Tensor2D,
  { clipLow, clipHigh, dualClip }: Pick<ResolvedPolicyLossOptions, 'clipLow' | 'clipHigh' | 'dualClip'>,
): tf.Tensor2D {
  const clipped = tf.clipByValue(ratio, 1 - clipLow, 1 + clipHigh);
  const surrogate = tf.minimum<tf.Tensor2D>(tf.mul(ratio, advantages), tf.mul(clipped, advantages));
  if (dualClip === null) return tf.neg(surrogate);
  const unbounded = tf.fill(advantages.shape, -3e38);
  const floor = tf.where(tf.less(advantages, 0), tf.mul(advantages, dualClip), unbounded);
  return tf.neg(tf.maximum<tf.Tensor2D>(surrogate, floor));
}

/** −sg(min(r, cap))·A·ℓ (CISPO, arXiv:2506.13585): a clipped weight on REINFORCE, every token keeps its gradient. */
export function cispoSurrogate(
  ratio: tf.Tensor2D,
  advantages: tf.Tensor2D,
  logProbs: tf.Tensor2D,
  { ratioCap }: Pick<ResolvedPolicyLossOptions, 'ratioCap'>,
): tf.Tensor2D {
  const weight = detach(tf.minimum(ratio, ratioCap));
  return tf.neg(tf.mul<tf.Tensor2D>(tf.mul(weight, advantages), logProbs));
}

/** −(4/κ)·σ(κ·(r − 1))·A, κ by the sign of A (SAPO, arXiv:2511.20347): a smooth trust region. */
export function sapoSurrogate(
  ratio: tf.Tensor2D,
  advantages: tf.Tensor2D,
  { sapo }: Pick<ResolvedPolicyLossOptions, 'sapo'>,
): tf.Tensor2D {
  const sharpness = tf.where(
    tf.greater(advantages, 0),
    tf.fill(advantages.shape, sapo.positive),
    tf.fill(advantages.shape, sapo.negative),
  );
  const gate = tf.mul(tf.sigmoid(tf.mul(sharpness, tf.sub(ratio, 1))), tf.div(4, sharpness));
  return tf.neg(tf.mul<tf.Tensor2D>(gate, advantages));
}

/**
 * −sg(φ(w))·A·ℓ, φ(w) = e^λ·w^k·e^{−λw}, w = exp(Σ m·(ℓ − ℓ_old)) of the whole completion, times its importance
 * weights where given, clamped to [1e-8, e^20] (VESPO, arXiv:2602.10693, as TRL computes it).
 *
 * @param perTokenLogRatio [B, T].
 */
export function vespoSurrogate(
  perTokenLogRatio: tf.Tensor2D,
  advantages: tf.Tensor2D,
  logProbs: tf.Tensor2D,
  mask: tf.Tensor2D,
  { vespo }: Pick<ResolvedPolicyLossOptions, 'vespo'>,
  importanceWeights?: tf.Tensor2D,
): tf.Tensor2D {
  const smallest = Math.log(1e-8);
  let sum = tf.sum(tf.mul(perTokenLogRatio, mask), 1, true);
  if (importanceWeights !== undefined) {
    const logWeights = tf.clipByValue(tf.log(importanceWeights), smallest, 20);
    sum = tf.add(
      sum,
      tf.sum(importanceWeights.shape[1] === 1 ? logWeights : tf.mul(logWeights, mask), 1, true),
    );
  }
  const logWeight = tf.clipByValue(sum, smallest, 20);
  const negative = tf.less(advantages, 0);
  const pick = (below: number, above: number) =>
    tf.where(negative, tf.fill(advantages.shape, below), tf.fill(advantages.shape, above));
  const k = pick(vespo.kNegative, vespo.kPositive);
  const lambda = pick(vespo.lambdaNegative, vespo.lambdaPositive);
  const logPhi = tf.sub(tf.add(lambda, tf.mul(k, logWeight)), tf.mul(lambda, tf.exp(logWeight)));
  return tf.neg(tf.mul<tf.Tensor2D>(tf.mul(detach(tf.exp(logPhi)), advantages), logProbs));
}
