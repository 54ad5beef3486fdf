import { asHead as wrapHead } from '@cppo/tape';
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

/**
 * Wraps an output embedding W so that it can be multiplied, whatever its storage.
 *
 * @param weight [V, D] a plain tensor, which then receives a gradient, or a `Head`, which is returned
 *   unchanged.
 * @returns a head with logits = hidden·Wᵀ.
 * @example
 * asHead(tf.tensor2d([[1, 0], [0, 1], [1, 1]])).product(tf.tensor2d([[3, 4]])); // [[3, 4, 7]]
 */
export function asHead(weight: HeadWeight): Head {
  return wrapHead(weight);
}
