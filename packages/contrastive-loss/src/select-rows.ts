import * as tf from '@tensorflow/tfjs-core';

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
