import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.js';

// The small operations of the network. Each is one kernel where the backend has a fused one registered under
// the names below, and otherwise a few ordinary operations with a hand-written gradient (which keeps the tape short).

function fused(
  name: string,
  inputs: tf.NamedTensorMap,
  attributes: Record<string, number> = {},
): tf.Tensor | undefined {
  if (!tf.getKernel(name, tf.getBackend())) return undefined;
  return tf.engine().runKernel(name, inputs, attributes) as tf.Tensor;
}

/**
 * Root-mean-square normalisation, y = w ⊙ x / √(mean(x²) + ε) (arXiv:1910.07467).
 *
 * @param x [N, D]
 * @param weight [D]
 */
export function rmsNorm(x: tf.Tensor2D, weight: tf.Tensor1D, epsilon: number): tf.Tensor2D {
  const kernel = fused('CppoRmsNorm', { x, weight }, { epsilon });
  if (kernel) return kernel as tf.Tensor2D;
  const inverse = (x: tf.Tensor) => tf.rsqrt(tf.add(tf.mean(tf.square(x), 1, true), epsilon));
  return differentiable<tf.Tensor2D>(
    [x, weight],
    [x, weight],
    () => tf.mul(tf.mul(x, inverse(x)), weight),
    (dy, [x, weight]) => {
      const r = inverse(x as tf.Tensor);
      const normal = tf.mul(x as tf.Tensor, r);
      const scaled = tf.mul(dy, weight as tf.Tensor);
      const along = tf.mean(tf.mul(scaled, normal), 1, true);
      return [tf.mul(tf.sub(scaled, tf.mul(normal, along)), r), tf.sum(tf.mul(dy, normal), 0)];
    },
  );
}

/** SwiGLU's gate, silu(gate) ⊙ up with silu(x) = x·σ(x). Both [N, I]. */
export function swiGlu(gate: tf.Tensor2D, up: tf.Tensor2D): tf.Tensor2D {
  const kernel = fused('CppoSwiGlu', { gate, up });
  if (kernel) return kernel as tf.Tensor2D;
  return differentiable<tf.Tensor2D>(
    [gate, up],
    [gate, up],
    () => tf.mul(tf.mul(gate, tf.sigmoid(gate)), up),
    (dy, needed) => {
      const [gate, up] = needed as [tf.Tensor2D, tf.Tensor2D];
      const sigmoid = tf.sigmoid(gate);
      const silu = tf.mul(gate, sigmoid);
      // silu' = σ + silu·(1 − σ)
      const slope = tf.add(sigmoid, tf.sub(silu, tf.mul(silu, sigmoid)));
      return [tf.mul(tf.mul(dy, up), slope), tf.mul(dy, silu)];
    },
  );
}

/** Cosines and sines [N, 1, hd] of every token's rotary angles, the same for all heads; halves duplicated. */
export interface RotaryTable {
  readonly cos: tf.Tensor3D;
  readonly sin: tf.Tensor3D;
}

/**
 * Rotary position embedding, x·cos + rotateHalf(x)·sin with rotateHalf(a‖b) = (−b‖a).
 *
 * @param x [N, heads, hd]
 */
export function rotate(x: tf.Tensor3D, table: RotaryTable): tf.Tensor3D {
  const { cos, sin } = table;
  const kernel = fused('CppoRotary', { x, cos, sin });
  if (kernel) return kernel as tf.Tensor3D;
  const turn = (x: tf.Tensor3D, cos: tf.Tensor, sin: tf.Tensor) => {
    const [first, second] = tf.split(x, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
    return tf.add(tf.mul(x, cos), tf.mul(tf.concat([tf.neg(second), first], 2), sin)) as tf.Tensor3D;
  };
  return differentiable<tf.Tensor3D>(
    [x],
    [cos, sin],
    () => turn(x, cos, sin),
    // The two halves share their angle, so the transposed rotation is the one by the opposite angle.
    (dy, [cos, sin]) => [turn(dy, cos as tf.Tensor, tf.neg(sin as tf.Tensor))],
  );
}

/** Gradient of a softmax over the last axis, y ⊙ (dy − Σ y·dy), both [rows, keys]. */
export function softmaxGradient(y: tf.Tensor2D, dy: tf.Tensor2D): tf.Tensor2D {
  const kernel = fused('CppoSoftmaxGradient', { y, dy });
  if (kernel) return kernel as tf.Tensor2D;
  const weighted = tf.mul(y, dy);
  return tf.sub(weighted, tf.mul(y, tf.sum(weighted, 1, true)));
}

/** Exact GELU, ½x(1 + erf(x/√2)). */
export function gelu<T extends tf.Tensor>(x: T): T {
  const normalCdf = (x: tf.Tensor) => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
  return differentiable<T>(
    [x],
    [x],
    () => tf.mul(x, normalCdf(x)) as T,
    (dy, [x]) => {
      const input = x as tf.Tensor;
      const density = tf.mul(tf.exp(tf.mul(tf.square(input), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return [tf.mul(dy, tf.add(normalCdf(input), tf.mul(input, density)))];
    },
  );
}

/**
 * Rows in another order.
 *
 * @param x [N, …]
 * @param order int32 [N] a permutation: row i of the result is row order[i] of x.
 * @param inverse int32 [N] its inverse.
 */
export function permuteRows<T extends tf.Tensor>(x: T, order: tf.Tensor1D, inverse: tf.Tensor1D): T {
  return differentiable<T>(
    [x],
    [inverse],
    () => tf.gather(x, order),
    (dy, [inverse]) => [tf.gather(dy, inverse as tf.Tensor1D)],
  );
}
