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

/**
 * Layer normalisation, y = w ⊙ (x − mean(x)) / √(var(x) + ε) + b (arXiv:1607.06450).
 *
 * @param x [N, D]
 * @param weight [D]
 * @param bias [D]
 */
export function layerNorm(
  x: tf.Tensor2D,
  weight: tf.Tensor1D,
  bias: tf.Tensor1D,
  epsilon: number,
): tf.Tensor2D {
  const standardise = (x: tf.Tensor) => {
    const centred = tf.sub(x, tf.mean(x, 1, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), epsilon));
    return { normal: tf.mul(centred, inverse), inverse };
  };
  return differentiable<tf.Tensor2D>(
    [x, weight, bias],
    [x, weight],
    () => tf.add(tf.mul(standardise(x).normal, weight), bias),
    (dy, [x, weight]) => {
      const { normal, inverse } = standardise(x as tf.Tensor);
      const scaled = tf.mul(dy, weight as tf.Tensor);
      const along = tf.mul(normal, tf.mean(tf.mul(scaled, normal), 1, true));
      const dx = tf.mul(tf.sub(tf.sub(scaled, tf.mean(scaled, 1, true)), along), inverse);
      return [dx, tf.sum(tf.mul(dy, normal), 0), tf.sum(dy, 0)];
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

/** GELU by a logistic function, x·σ(1.702x). */
export function quickGelu<T extends tf.Tensor>(x: T): T {
  const steepness = 1.702;
  const sigmoid = (x: tf.Tensor) => tf.sigmoid(tf.mul(x, steepness));
  return differentiable<T>(
    [x],
    [x],
    () => tf.mul(x, sigmoid(x)) as T,
    (dy, [x]) => {
      const input = x as tf.Tensor;
      const s = sigmoid(input);
      // (x·s)' = s + 1.702·x·s·(1 − s)
      const rise = tf.mul(tf.mul(tf.mul(input, steepness), s), tf.sub(1, s));
      return [tf.mul(dy, tf.add(s, rise))];
    },
  );
}

/** GELU by a hyperbolic tangent, ½x(1 + tanh(√(2/π)·(x + 0.044715x³))). */
export function tanhGelu<T extends tf.Tensor>(x: T): T {
  const [slope, cubic] = [Math.sqrt(2 / Math.PI), 0.044715];
  const bend = (x: tf.Tensor, square: tf.Tensor) =>
    tf.tanh(tf.mul(tf.mul(x, tf.add(tf.mul(square, cubic), 1)), slope));
  return differentiable<T>(
    [x],
    [x],
    () => tf.mul(tf.mul(x, 0.5), tf.add(bend(x, tf.square(x)), 1)) as T,
    (dy, [x]) => {
      const input = x as tf.Tensor;
      const square = tf.square(input);
      const t = bend(input, square);
      // ½(1 + t) + ½x·(1 − t²)·√(2/π)·(1 + 3·0.044715x²)
      const inner = tf.mul(tf.add(tf.mul(square, 3 * cubic), 1), slope);
      const rise = tf.mul(tf.mul(input, tf.sub(1, tf.square(t))), inner);
      return [tf.mul(tf.mul(dy, 0.5), tf.add(tf.add(t, 1), rise))];
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
