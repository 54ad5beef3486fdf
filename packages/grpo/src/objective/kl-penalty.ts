import { requireOneOf } from '@cppo/checked-options';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Estimators of KL(π‖π_ref) from the sampled token alone (Schulman, "Approximating KL divergence", 2020), with
 * δ = ℓ_ref − ℓ.
 *
 * - `k1`: −δ. Unbiased, may be negative; as a loss its expected gradient is 0.
 * - `abs`: |δ|.
 * - `k2`: δ²/2. Its gradient is that of the KL, in expectation, on-policy.
 * - `k3`: e^δ − δ − 1. Unbiased and never negative (TRL's only one).
 * - `k3-clamped`: k3 clamped to [−10, 10]: verl's `low_var_kl`. No gradient where δ > 2.61 or δ < −11.
 */
export type KlKind = (typeof klKinds)[number];

export const klKinds = ['k1', 'abs', 'k2', 'k3', 'k3-clamped'] as const;

/**
 * Estimates the KL penalty of every token from its log-probabilities (`KlKind` has the formula of each
 * estimator).
 *
 * δ = ℓ_ref − ℓ is clamped to ±20 so that no exponential overflows.
 *
 * @param logProbs any shape: ℓ under the policy, nats.
 * @param refLogProbs the same shape: ℓ_ref under the reference, nats.
 * @param kind the estimator.
 * @returns the same shape, nats.
 * @throws RangeError when shapes disagree or the estimator is unknown.
 * @example
 * klPenalty(tf.tensor1d([-1, -1]), tf.tensor1d([-1, -2]), 'k3'); // [0, 0.3679]
 */
export function klPenalty<T extends tf.Tensor>(logProbs: T, refLogProbs: T, kind: KlKind): T {
  requireOneOf('klPenalty', 'kind', kind, klKinds);
  if (`${logProbs.shape}` !== `${refLogProbs.shape}`) {
    throw new RangeError(
      `klPenalty: logProbs is [${logProbs.shape}] and refLogProbs [${refLogProbs.shape}]; expected the same shape.`,
    );
  }
  const delta = tf.clipByValue(tf.sub(refLogProbs, logProbs), -20, 20);
  if (kind === 'k1') return tf.neg(delta) as T;
  if (kind === 'abs') return tf.abs(delta) as T;
  if (kind === 'k2') return tf.mul(tf.square(delta), 0.5) as T;
  const k3 = tf.sub(tf.sub(tf.exp(delta), delta), 1);
  return (kind === 'k3' ? k3 : tf.clipByValue(k3, -10, 10)) as T;
}
