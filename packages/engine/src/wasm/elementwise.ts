import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { binaryOperations, unaryOperations } from '../kernels/elementwise.js';
import type { KernelModule } from './kernel-module.js';
import { replaceKernel } from './replace-kernel.js';

const binaryKernels = {
  [tf.Add]: 'add',
  [tf.Sub]: 'subtract',
  [tf.Multiply]: 'multiply',
  [tf.RealDiv]: 'divide',
} as const;
const unaryKernels = {
  [tf.Exp]: 'exponential',
  [tf.Sigmoid]: 'sigmoid',
  [tf.Square]: 'square',
  [tf.Neg]: 'negative',
  [tf.Sqrt]: 'squareRoot',
} as const;

/** A long vector is cut into rows of so many numbers, to be shared out among threads. */
const CUT = 2 ** 14;

/** Elementwise operations on float32, with vectors and threads; other types and odd broadcasts stay with the stock kernels. */
export function registerElementwise(module: KernelModule): void {
  for (const [name, operation] of Object.entries(binaryKernels)) {
    replaceKernel(name, (stock) => (call) => {
      const { a, b } = call.inputs as { a: TensorInfo; b: TensorInfo };
      if (a.dtype !== 'float32' || b.dtype !== 'float32') return stock!(call);
      const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
      const axes = mergedAxes(a.shape, b.shape, shape);
      if (axes.length > 3) return stock!(call);
      const out = module.output(shape);
      runBinary(module, operation, a, b, out, axes);
      return out;
    });
  }
  // Broadcasts are tiles of axes of length 1; the stock kernel takes them element by element.
  replaceKernel(tf.Tile, (stock) => (call) => {
    const x = call.inputs.x as TensorInfo;
    const { reps } = call.attrs as unknown as { reps: number[] };
    const spreads = reps.length === x.shape.length && reps.every((n, axis) => n === 1 || x.shape[axis] === 1);
    if (!spreads || (x.dtype !== 'float32' && x.dtype !== 'int32')) return stock!(call);
    const shape = x.shape.map((length, axis) => length * reps[axis]!);
    const axes = mergedAxes(x.shape, x.shape, shape);
    if (axes.length > 3) return stock!(call);
    const out = module.output(shape, x.dtype);
    runBinary(module, 'repeat', x, x, out, axes);
    return out;
  });
  for (const [name, operation] of Object.entries(unaryKernels)) {
    replaceKernel(name, (stock) => (call) => {
      const x = call.inputs.x as TensorInfo;
      if (x.dtype !== 'float32') return stock!(call);
      const out = module.output(x.shape);
      const size = tf.util.sizeFromShape(x.shape);
      if (size === 0) return out;
      const sizePerTask = module.itemsPerTask(size, 1);
      module.run('unary', Math.ceil(size / sizePerTask), {
        ...{ a: module.address(x), out: module.address(out), size, sizePerTask },
        operation: unaryOperations.indexOf(operation),
      });
      return out;
    });
  }
}

/** Axes of the result over which both operands step evenly; steps are in numbers, 0 where an operand repeats. */
interface Axis {
  readonly size: number;
  readonly aStep: number;
  readonly bStep: number;
}

/** The axes of a broadcast, outermost first, neighbours merged where that changes nothing. */
export function mergedAxes(a: number[], b: number[], out: number[]): Axis[] {
  const axes: Axis[] = [];
  let aSize = 1;
  let bSize = 1;
  for (let fromEnd = 1; fromEnd <= out.length; fromEnd++) {
    const size = out.at(-fromEnd)!;
    const aLength = a.at(-fromEnd) ?? 1;
    const bLength = b.at(-fromEnd) ?? 1;
    const axis = { size, aStep: aLength === 1 ? 0 : aSize, bStep: bLength === 1 ? 0 : bSize };
    aSize *= aLength;
    bSize *= bLength;
    if (size === 1) continue;
    const inner = axes[0];
    if (inner && axis.aStep === inner.aStep * inner.size && axis.bStep === inner.bStep * inner.size) {
      axes[0] = { ...inner, size: size * inner.size };
    } else axes.unshift(axis);
  }
  return axes;
}

function runBinary(
  module: KernelModule,
  operation: (typeof binaryOperations)[number],
  a: TensorInfo,
  b: TensorInfo,
  out: TensorInfo,
  axes: Axis[],
): void {
  const none = { size: 1, aStep: 0, bStep: 0 };
  const inner = axes.at(-1) ?? none;
  const outer = axes.at(-3) ?? none;
  let middle = axes.at(-2) ?? none;
  let length = inner.size;
  let lastLength = length;
  if (axes.length === 1 && length > CUT) {
    middle = { size: Math.ceil(length / CUT), aStep: inner.aStep * CUT, bStep: inner.bStep * CUT };
    lastLength = length - (middle.size - 1) * CUT;
    length = CUT;
  }
  const rows = outer.size * middle.size;
  if (rows * length === 0) return;
  const perTask = module.itemsPerTask(rows, length);
  const { address } = module;
  module.run('binary', Math.ceil(rows / perTask), {
    ...{ a: address(a), b: address(b), out: address(out), operation: binaryOperations.indexOf(operation) },
    ...{ middle: middle.size, inner: length, rows, rowsPerTask: perTask, lastInner: lastLength },
    ...{ aOuterStep: outer.aStep * 4, aMiddleStep: middle.aStep * 4, aInnerStep: inner.aStep * 4 },
    ...{ bOuterStep: outer.bStep * 4, bMiddleStep: middle.bStep * 4, bInnerStep: inner.bStep * 4 },
  });
}
