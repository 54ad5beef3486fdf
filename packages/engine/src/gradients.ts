import type { GradFunc, Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

// Gradients that tfjs-core lacks or gets wrong, on every engine.

const comparisons = [tf.Equal, tf.NotEqual, tf.Greater, tf.GreaterEqual, tf.Less, tf.LessEqual];
const logical = [tf.LogicalAnd, tf.LogicalOr];
const tests = [tf.IsNan, tf.IsInf, tf.IsFinite, tf.LogicalNot];

/** Adds the missing gradients to those that are registered already. */
export function registerMissingGradients(): void {
  for (const kernelName of [...comparisons, ...logical]) {
    register(kernelName, ['a', 'b'], (_, [a, b]) => ({
      a: () => tf.zerosLike(a!),
      b: () => tf.zerosLike(b!),
    }));
  }
  for (const kernelName of tests) register(kernelName, ['x'], (_, [x]) => ({ x: () => tf.zerosLike(x!) }));
  tf.unregisterGradient(tf.BatchMatMul);
  register(tf.BatchMatMul, ['a', 'b'], matMulGradient);
}

function register(kernelName: string, inputsToSave: string[], gradFunc: GradFunc): void {
  tf.registerGradient({ kernelName, inputsToSave, gradFunc });
}

/** tfjs-core's, and the sum over batch dimensions that were broadcast, which core leaves out. */
const matMulGradient: GradFunc = (dy, [a, b], attrs) => {
  const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
  const d = dy as Tensor;
  const da = () => (transposeA ? tf.matMul(b!, d, transposeB, true) : tf.matMul(d, b!, false, !transposeB));
  const db = () => (transposeB ? tf.matMul(d, a!, true, transposeA) : tf.matMul(a!, d, !transposeA, false));
  return { a: () => sumToShape(da(), a!.shape), b: () => sumToShape(db(), b!.shape) };
};

function sumToShape(x: Tensor, shape: number[]): Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, x.shape);
  return axes.length === 0 ? x : tf.reshape(tf.sum(x, axes), shape);
}
