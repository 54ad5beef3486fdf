import * as tf from '@tensorflow/tfjs-core';
import { differentiable, isTrained } from './differentiable.js';

/** A linear layer, y = x·Wᵀ + b. */
export interface LinearWeights {
  /** [out, in] */
  readonly weight: tf.Tensor2D;
  /** [out] */
  readonly bias?: tf.Tensor1D | undefined;
  readonly adapter?: LowRankAdapter | undefined;
}

/** A low-rank update of a linear layer, y += scale·(dropout(x)·Aᵀ)·Bᵀ (LoRA, arXiv:2106.09685). */
export interface LowRankAdapter {
  /** A, [rank, in] */
  readonly down: tf.Tensor2D;
  /** B, [out, rank] */
  readonly up: tf.Tensor2D;
  readonly scale: number;
  /** Which inputs of this layer are dropped; undefined for none. The seed makes a recomputed layer drop the same again. */
  readonly dropout?: { readonly rate: number; readonly seed: number } | undefined;
}

/**
 * @param x [N, in]
 * @returns [N, out]
 */
export function linear(x: tf.Tensor2D, layer: LinearWeights): tf.Tensor2D {
  const { weight, bias, adapter } = layer;
  const trained = [weight, ...(bias ? [bias] : [])].filter(isTrained);
  const y = differentiable<tf.Tensor2D>(
    [x, ...trained],
    // A frozen layer's gradient does not need its input: with adapters that is half of all activations.
    isTrained(weight) ? [x] : [],
    () => {
      if (!bias) return tf.matMul(x, weight, false, true);
      // The product adds the bias while its result is at hand.
      const attributes = { transposeA: false, transposeB: true, activation: 'linear' };
      return tf.engine().runKernel(tf._FusedMatMul, { a: x, b: weight, bias }, attributes) as tf.Tensor2D;
    },
    (dy, [x]) => [
      tf.matMul(dy, weight),
      ...trained.map((tensor) =>
        tensor.rank === 1 ? tf.sum(dy, 0) : tf.matMul(dy, x as tf.Tensor2D, true, false),
      ),
    ],
  );
  if (!adapter) return y;
  const down = linear(dropOut(x, adapter), { weight: adapter.down });
  return tf.add(y, tf.mul(linear(down, { weight: adapter.up }), adapter.scale));
}

function dropOut(x: tf.Tensor2D, { dropout }: LowRankAdapter): tf.Tensor2D {
  if (!dropout) return x;
  const { rate, seed } = dropout;
  const kept = tf.greaterEqual(tf.randomUniform(x.shape, 0, 1, 'float32', seed), rate);
  return tf.mul(x, tf.mul(tf.cast(kept, 'float32'), 1 / (1 - rate)));
}
