import * as tf from '@tensorflow/tfjs-core';
import { DenseWeight } from './dense-weight.js';
import type { Weight } from './weight.js';

/** A linear layer, y = x·Wᵀ + b. */
export interface LinearWeights {
  /** [out, in] */
  readonly weight: Weight;
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
export function linear(x: tf.Tensor2D, { weight, bias, adapter }: LinearWeights): tf.Tensor2D {
  const y = weight.product(x, bias);
  if (!adapter) return y;
  const down = new DenseWeight(adapter.down).product(dropOut(x, adapter));
  return tf.add(y, tf.mul(new DenseWeight(adapter.up).product(down), adapter.scale));
}

function dropOut(x: tf.Tensor2D, { dropout }: LowRankAdapter): tf.Tensor2D {
  if (!dropout) return x;
  const { rate, seed } = dropout;
  const kept = tf.greaterEqual(tf.randomUniform(x.shape, 0, 1, 'float32', seed), rate);
  return tf.mul(x, tf.mul(tf.cast(kept, 'float32'), 1 / (1 - rate)));
}
