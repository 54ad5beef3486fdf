import type * as tf from '@tensorflow/tfjs-core';

/** An output embedding W [V, D], however it is stored: what turns hidden states into logits. */
export interface Head {
  readonly shape: readonly [number, number];
  /** logits = hidden·Wᵀ, differentiable. @param hidden [N, D] @returns [N, V] */
  product(hidden: tf.Tensor2D): tf.Tensor2D;
  /** dLogits·W, the gradient of `product` by the hidden states. @param dLogits [N, V] @returns [N, D] */
  inputGradient(dLogits: tf.Tensor2D): tf.Tensor2D;
  /** W itself where it is trained; undefined where no gradient goes to it. */
  readonly trained?: tf.Tensor2D | undefined;
}

/** An output embedding as a plain tensor [V, D] or as a `Head`. */
export type HeadWeight = tf.Tensor2D | Head;
