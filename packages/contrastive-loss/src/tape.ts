import * as tf from '@tensorflow/tfjs-core';

/** The values of x, through which no gradient flows: to the tape they are a function of nothing it knows. */
export function detach<R extends tf.Rank>(x: tf.Tensor<R>): tf.Tensor<R> {
  const constant = tf.customGrad((nothing) => ({
    value: tf.clone(x),
    gradFunc: () => tf.zerosLike(nothing as tf.Tensor),
  }));
  return tf.tidy(() => constant(tf.scalar(0)) as tf.Tensor<R>);
}

/**
 * 0, with a gradient of exactly 0 to every input, whatever the inputs hold.
 *
 * A constant would do for its value, but the tape refuses to differentiate what depends on no variable.
 */
export function connectedZero(inputs: readonly tf.Tensor[]): tf.Scalar {
  const zero = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const shapes = (args.slice(0, -1) as tf.Tensor[]).map((input) => input.shape);
    return { value: tf.scalar(0), gradFunc: () => shapes.map((shape) => tf.zeros(shape)) };
  });
  return zero(...inputs) as tf.Scalar;
}

/**
 * Rows of x [N, ...] by index. The indices are all different, so the gradient scatters without adding; it needs
 * no segment-sum kernel, which some engines lack.
 */
export function selectRows<R extends tf.Rank>(x: tf.Tensor<R>, rows: tf.Tensor1D): tf.Tensor<R> {
  const select = tf.customGrad((input, save) => {
    const { shape } = input as tf.Tensor;
    (save as tf.GradSaveFunc)([rows]);
    return {
      value: tf.gather(input as tf.Tensor, rows),
      gradFunc: (dy: tf.Tensor, [kept]: tf.Tensor[]) => placeRows(dy, kept as tf.Tensor1D, shape),
    };
  });
  return select(x) as tf.Tensor<R>;
}

/** Zeros of a shape [N, ...] whose rows at some indices are those given. Carries no gradient. */
export function placeRows(values: tf.Tensor, rows: tf.Tensor1D, shape: number[]): tf.Tensor {
  return tf.tidy(() => tf.scatterND(tf.expandDims(rows, 1), values, shape));
}
