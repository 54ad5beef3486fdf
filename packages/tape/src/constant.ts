import * as tf from '@tensorflow/tfjs-core';

/** Computes a value off the tape: no gradient will be taken of it, and nothing is kept for one. */
export function constant<T extends tf.Tensor>(value: () => T): T {
  const compute = tf.customGrad(() => ({ value: value(), gradFunc: () => [] }));
  return compute() as T;
}

/** The same values, through which no gradient passes. */
export function detach<T extends tf.Tensor>(tensor: T): T {
  return constant(() => tf.clone(tensor));
}

/**
 * A scalar 0 with a gradient of exactly 0 to every input, whatever the inputs hold. A constant would do for its value,
 * but TensorFlow.js refuses to differentiate what depends on no variable.
 */
export function connectedZero(inputs: readonly tf.Tensor[]): tf.Scalar {
  const zero = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const shapes = (args.slice(0, -1) as tf.Tensor[]).map((input) => input.shape);
    return { value: tf.scalar(0), gradFunc: () => shapes.map((shape) => tf.zeros(shape)) };
  });
  return zero(...inputs) as tf.Scalar;
}
