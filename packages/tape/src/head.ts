import * as tf from '@tensorflow/tfjs-core';

/** An output embedding W [V, D], as the packages declare it for those who hand one in. */
export interface Head {
  readonly shape: readonly [number, number];
  product(hidden: tf.Tensor2D): tf.Tensor2D;
  inputGradient(dLogits: tf.Tensor2D): tf.Tensor2D;
  readonly trained?: tf.Tensor2D | undefined;
}

export type HeadWeight = tf.Tensor2D | Head;

/** Wraps an output embedding as a `Head`; a plain tensor receives a gradient. */
export function asHead(weight: HeadWeight): Head {
  if (!(weight instanceof tf.Tensor)) return weight;
  return {
    shape: weight.shape,
    product: (hidden) => tf.matMul(hidden, weight, false, true),
    inputGradient: (dLogits) => tf.matMul(dLogits, weight),
    trained: weight,
  };
}
