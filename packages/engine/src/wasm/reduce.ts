import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { reducedColumns } from '../kernels/rows.js';
import type { KernelModule } from './kernel-module.js';
import { replaceKernel } from './replace-kernel.js';

/** What there is of nothing. The stock kernels leave whatever lay in the memory. */
const ofNothing: Record<string, number> = {
  [tf.Sum]: 0,
  [tf.Mean]: NaN,
  [tf.Max]: -Infinity,
  [tf.Min]: Infinity,
  [tf.Prod]: 1,
};
const own: readonly string[] = [tf.Sum, tf.Mean, tf.Max];

/** Sums, means and maxima of float32 over neighbouring axes; also minima and products where there is nothing. */
export function registerReductions(module: KernelModule): void {
  for (const name of Object.keys(ofNothing)) {
    replaceKernel(name, (stock) => (call) => {
      const x = call.inputs.x as TensorInfo;
      const { axis, reductionIndices, keepDims } = call.attrs as unknown as {
        axis?: number | number[];
        reductionIndices?: number | number[];
        keepDims: boolean;
      };
      const empty = tf.util.sizeFromShape(x.shape) === 0;
      const all = x.shape.map((_, i) => i);
      const axes = tf.util
        .parseAxisParam(axis ?? reductionIndices ?? (empty ? all : []), x.shape)
        .sort((a, b) => a - b);
      const first = axes[0] ?? 0;
      const end = first + axes.length;
      const neighbours = axes.every((axis, i) => axis === first + i);
      const size = (from: number, to: number) => tf.util.sizeFromShape(x.shape.slice(from, to));
      const [outer, count, inner] = [size(0, first), size(first, end), size(end, x.shape.length)];
      const possible = empty || (own.includes(name) && neighbours && (name !== tf.Max || inner === 1));
      if (x.dtype !== 'float32' || axes.length === 0 || !possible) return stock!(call);

      const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
      const out = module.output(keepDims ? kept : kept.filter((_, axis) => !axes.includes(axis)));
      if (empty) {
        const start = module.address(out) / 4;
        const end = start + tf.util.sizeFromShape(out.shape);
        module.backend.wasm.HEAPF32.fill(ofNothing[name]!, start, end);
        return out;
      }
      const factor = name === tf.Mean ? 1 / count : 1;
      const { address } = module;
      const operands = { a: address(x), b: 0, c: 0, d: 0, out: address(out), out2: 0, number: factor };
      if (inner === 1) {
        const rowsPerTask = module.itemsPerTask(outer, count);
        const option = name === tf.Max ? 1 : 0;
        const work = { ...operands, rows: outer, width: count, rowsPerTask, option };
        module.run('reduceRows', Math.ceil(outer / rowsPerTask), work);
      } else {
        const tasks = outer * Math.ceil(inner / reducedColumns);
        module.run('sumColumns', tasks, {
          ...operands,
          ...{ rows: outer, width: inner, rowsPerTask: 1, option: count },
        });
      }
      return out;
    });
  }
}
