import type { GradFunc, Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

// Gradients that tfjs-core lacks or gets wrong, on every engine.

const comparisons = [tf.Equal, tf.NotEqual, tf.Greater, tf.GreaterEqual, tf.Less, tf.LessEqual];
const logical = [tf.LogicalAnd, tf.LogicalOr];
const tests = [tf.IsNan, tf.IsInf, tf.IsFinite, tf.LogicalNot];

/**
 * Registers gradients: those of TensorFlow.js, which its core leaves out under Node, and then the ones that are
 * missing or wrong there.
 */
export async function registerGradients(): Promise<void> {
  await import('@tensorflow/tfjs');
  for (const kernelName of [...comparisons, ...logical]) {
    register(kernelName, ['a', 'b'], (_, [a, b]) => ({
      a: () => tf.zerosLike(a!),
      b: () => tf.zerosLike(b!),
    }));
  }
  for (const kernelName of tests) register(kernelName, ['x'], (_, [x]) => ({ x: () => tf.zerosLike(x!) }));
  register(tf.BatchMatMul, ['a', 'b'], matMulGradient);
  // Core leaves out the sum over broadcast dimensions here too.
  register(tf.Maximum, ['a', 'b'], extremeGradient(tf.greaterEqual));
  register(tf.Minimum, ['a', 'b'], extremeGradient(tf.lessEqual));
  // Core multiplies by a tensor of ones, which it fills in JavaScript.
  for (const kernelName of [tf.Sum, tf.Mean])
    register(kernelName, ['x'], sumGradient(kernelName === tf.Mean));
  // Core moves the axes of the result once more.
  register(tf.Cumsum, [], (dy, _, attrs) => {
    const { axis, exclusive, reverse } = attrs as unknown as {
      axis: number;
      exclusive: boolean;
      reverse: boolean;
    };
    return { x: () => tf.cumsum(dy as Tensor, axis, exclusive, !reverse) };
  });
  registerFusedGradients();
}

/** The gradient goes to the operand that was taken, to the first where both are equal. */
function extremeGradient(takesFirst: (a: Tensor, b: Tensor) => Tensor): GradFunc {
  return (dy, [a, b]) => {
    const d = dy as Tensor;
    const first = () => tf.cast(takesFirst(a!, b!), 'float32');
    return {
      a: () => sumToShape(tf.mul(d, first()), a!.shape),
      b: () => sumToShape(tf.mul(d, tf.sub(1, first())), b!.shape),
    };
  };
}

/** Every number that was added up receives the gradient of its sum, or its share of it. */
function sumGradient(mean: boolean): GradFunc {
  return (dy, [x], attrs) => {
    const { axis } = attrs as unknown as { axis: number | number[] };
    const { shape } = x!;
    const axes = tf.util.parseAxisParam(axis, shape);
    const kept = shape.map((length, i) => (axes.includes(i) ? 1 : length));
    const count = tf.util.sizeFromShape(axes.map((i) => shape[i]!));
    const share = () => (mean ? tf.div(dy as Tensor, count) : (dy as Tensor));
    return { x: () => tf.broadcastTo(tf.reshape(share(), kept), shape) };
  };
}

/** Gradients of the fused kernels, and of softmax by one of them where the engine has it. */
function registerFusedGradients(): void {
  tf.registerGradient({
    kernelName: tf.Softmax,
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ logits: () => softmaxGradient(dy as Tensor, y!) }),
  });
  register('CppoRmsNorm', ['x', 'weight'], (dy, [x, weight], attrs) => {
    const [dx, dWeight] = runKernel(
      'CppoRmsNormGradient',
      { x: x!, weight: weight!, dy: dy as Tensor },
      attrs,
    );
    return { x: () => dx!, weight: () => dWeight! };
  });
  register('CppoSwiGlu', ['gate', 'up'], (dy, [gate, up]) => {
    const [dGate, dUp] = runKernel('CppoSwiGluGradient', { gate: gate!, up: up!, dy: dy as Tensor });
    return { gate: () => dGate!, up: () => dUp! };
  });
  register('CppoAttention', ['q', 'k', 'v', 'runs'], (dy, [q, k, v, runs], attrs) => {
    const inputs = { q: q!, k: k!, v: v!, runs: runs!, dy: dy as Tensor };
    const [dq, dk, dv] = runKernel('CppoAttentionGradient', inputs, attrs);
    // The runs are no numbers to be changed; core asks for something of their shape.
    return { q: () => dq!, k: () => dk!, v: () => dv!, runs: () => tf.zerosLike(runs!) };
  });
  // The angles receive none.
  register('CppoRotary', ['cos', 'sin'], (dy, [cos, sin]) => ({
    x: () => runKernel('CppoRotary', { x: dy as Tensor, cos: cos!, sin: sin! }, { inverse: true })[0]!,
  }));
}

function runKernel(name: string, inputs: tf.NamedTensorMap, attrs: tf.NamedAttrMap = {}): Tensor[] {
  return [tf.engine().runKernel(name, inputs, attrs)].flat() as Tensor[];
}

function softmaxGradient(dy: Tensor, y: Tensor): Tensor {
  if (tf.getKernel('CppoSoftmaxGradient', tf.getBackend()))
    return runKernel('CppoSoftmaxGradient', { y, dy })[0]!;
  const weighted = tf.mul(dy, y);
  return tf.sub(weighted, tf.mul(tf.sum(weighted, -1, true), y));
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
