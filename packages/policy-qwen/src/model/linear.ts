import * as tf from '@tensorflow/tfjs-core';
import { differentiable, isTrained } from './differentiable.js';
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
 * With an adapter, weight and bias are frozen. Of what it computes only the result stays for the backward pass, which
 * computes the rest again: sums of two products would be three more matrices for every layer.
 *
 * @param x [N, in]
 * @returns [N, out]
 */
export function linear(x: tf.Tensor2D, { weight, bias, adapter }: LinearWeights): tf.Tensor2D {
  if (!adapter) return weight.product(x, bias);
  const { down, up, scale } = adapter;
  const trained = [down, up].filter(isTrained);
  return differentiable<tf.Tensor2D>(
    [x, ...trained],
    [x],
    () => {
      const low = tf.matMul(dropOut(x, adapter), down, false, true);
      return tf.add(weight.product(x, bias), tf.mul(tf.matMul(low, up, false, true), scale));
    },
    (dy, [x]) => {
      const seen = dropOut(x as tf.Tensor2D, adapter);
      const scaled = tf.mul(dy, scale);
      const low = tf.matMul(scaled, up);
      const dx = tf.add(weight.inputGradient(dy), dropOut(tf.matMul(low, down), adapter));
      const gradientOf = (factor: tf.Tensor2D) =>
        factor === down
          ? tf.matMul(low, seen, true, false)
          : tf.matMul(scaled, tf.matMul(seen, down, false, true), true, false);
      return [dx, ...trained.map(gradientOf)];
    },
  );
}

function dropOut(x: tf.Tensor2D, { dropout }: LowRankAdapter): tf.Tensor2D {
  if (!dropout) return x;
  const { rate, seed } = dropout;
  const kept = tf.greaterEqual(tf.randomUniform(x.shape, 0, 1, 'float32', seed), rate);
  return tf.mul(x, tf.mul(tf.cast(kept, 'float32'), 1 / (1 - rate)));
}
