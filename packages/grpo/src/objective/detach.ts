import * as tf from '@tensorflow/tfjs-core';

/** The same values, through which no gradient passes. */
export function detach<T extends tf.Tensor>(tensor: T): T {
  return tf.customGrad((x) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }))(tensor) as T;
}

/** A scalar 0 that hangs on a tensor with gradient 0: a loss that happens to be constant stays differentiable. */
export function zeroFrom(tensor: tf.Tensor): tf.Scalar {
  return tf.customGrad((x) => ({
    value: tf.scalar(0),
    gradFunc: () => tf.zerosLike(x as tf.Tensor),
  }))(tensor) as tf.Scalar;
}
