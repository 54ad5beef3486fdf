import * as tf from '@tensorflow/tfjs-core';

/**
 * From this many numbers in a weight W on, few rows x are multiplied as (W·xᵀ)ᵀ: for x·Wᵀ TensorFlow lays out all of W anew, which
 * for sixteen rows takes twice as long as the product.
 */
const LARGE_WEIGHT = 2 ** 17;
/** More rows than this pay for laying out the weight. */
const FEW_ROWS = 64;

/** TensorFlow's product, but for few rows x and a large weight W x·Wᵀ as (W·xᵀ)ᵀ; see `LARGE_WEIGHT`. */
export function turnProductsOfFewRows(): void {
  const stock = tf.getKernel(tf.BatchMatMul, 'tensorflow');
  tf.unregisterKernel(tf.BatchMatMul, 'tensorflow');
  tf.registerKernel({
    ...stock,
    kernelFunc: (call) => {
      const { a, b } = call.inputs as { a: tf.Tensor; b: tf.Tensor };
      const { transposeA, transposeB } = call.attrs as unknown as Record<
        'transposeA' | 'transposeB',
        boolean
      >;
      const plain = a.shape.length === 2 && b.shape.length === 2 && !transposeA && transposeB;
      if (!plain || a.shape[0]! > FEW_ROWS || tf.util.sizeFromShape(b.shape) < LARGE_WEIGHT) {
        return stock.kernelFunc(call);
      }
      const columns = { inputs: { a: b, b: a }, attrs: { transposeA: false, transposeB: true } };
      const product = stock.kernelFunc({ ...call, ...columns }) as tf.Tensor;
      const turned = tf.transpose(product);
      product.dispose();
      return turned;
    },
  });
}
