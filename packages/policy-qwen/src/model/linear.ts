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
  /** [rank, in] */
  readonly down: tf.Tensor2D;
  /** [out, rank] */
  readonly up: tf.Tensor2D;
  readonly scale: number;
  readonly switch: AdapterSwitch;
  /** Which layer this is, so that each draws its own dropout. */
  readonly salt: number;
}

/** What all adapters of a model share; a policy turns it. */
export interface AdapterSwitch {
  enabled: boolean;
  /** Share of inputs dropped; 0 outside training. */
  dropout: number;
  /** Seeds the dropout of one forward pass. */
  seed: number;
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
    [],
    () => {
      const product: tf.Tensor2D = tf.matMul(x, weight, false, true);
      return bias ? tf.add(product, bias) : product;
    },
    (dy, [x, ...trained]) => [
      tf.matMul(dy, weight),
      ...trained.map((tensor) =>
        tensor.rank === 1 ? tf.sum(dy, 0) : tf.matMul(dy, x as tf.Tensor2D, true, false),
      ),
    ],
  );
  if (!adapter?.switch.enabled) return y;
  const down = linear(dropOut(x, adapter), { weight: adapter.down });
  return tf.add(y, tf.mul(linear(down, { weight: adapter.up }), adapter.scale));
}

function dropOut(x: tf.Tensor2D, adapter: LowRankAdapter): tf.Tensor2D {
  const { dropout, seed } = adapter.switch;
  if (dropout === 0) return x;
  // Seeded, so that a recomputed layer drops the same inputs again.
  const uniform = tf.randomUniform(
    x.shape,
    0,
    1,
    'float32',
    (Math.imul(seed, 0x9e3779b1) ^ adapter.salt) >>> 0,
  );
  return tf.mul(x, tf.mul(tf.cast(tf.greaterEqual(uniform, dropout), 'float32'), 1 / (1 - dropout)));
}
