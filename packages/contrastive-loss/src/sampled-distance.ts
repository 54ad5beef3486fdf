import * as tf from '@tensorflow/tfjs-core';

/**
 * k3: clamp(e^δ − δ − 1, −10, 10), δ = clamp(ℓ_b − ℓ_a, −20, 20), as in the authors' verl recipe.
 * Its gradient is zero where a clamp acts: for δ above about 2.61 or below −11.
 *
 * @param anchor [S] ℓ_a, nats.
 * @param view   [S] ℓ_b, nats.
 */
export function k3Distance(anchor: tf.Tensor1D, view: tf.Tensor1D): tf.Tensor1D {
  const delta = tf.clipByValue(tf.sub<tf.Tensor1D>(view, anchor), -20, 20);
  return tf.clipByValue(tf.sub<tf.Tensor1D>(tf.expm1(delta), delta), -10, 10);
}

/** k1: clamp(ℓ_a − ℓ_b, −10, 10), as in the authors' AReaL engine. */
export function k1Distance(anchor: tf.Tensor1D, view: tf.Tensor1D): tf.Tensor1D {
  return tf.clipByValue(tf.sub<tf.Tensor1D>(anchor, view), -10, 10);
}
