import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { KernelModule } from './kernel-module.js';
import { replaceKernel } from './replace-kernel.js';

/** The same numbers once more, counted by the backend. */
function share(module: KernelModule, x: TensorInfo): TensorInfo {
  module.backend.incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
}

/** Kernels that give the same numbers back: they share them instead of copying. */
export function registerSharing(module: KernelModule): void {
  replaceKernel(
    tf.Identity,
    () =>
      ({ inputs }) =>
        share(module, inputs.x as TensorInfo),
  );
  replaceKernel(tf.Cast, (stock) => (call) => {
    const x = call.inputs.x as TensorInfo;
    const { dtype } = call.attrs as unknown as { dtype: string };
    return x.dtype === dtype ? share(module, x) : stock!(call);
  });
}

/** Slice, split, concatenate, gather and transposition without going through JavaScript. */
export function registerCopies(module: KernelModule): void {
  const { address, output } = module;
  const copy = (from: number, fromStep: number, to: number, toStep: number, runs: number, width: number) => {
    if (runs === 0 || width === 0) return;
    const runsPerTask = module.itemsPerTask(runs, width);
    module.run('copy', Math.ceil(runs / runsPerTask), {
      ...{ from, fromStep, to, toStep, runs, width, runsPerTask },
      ...{ indices: 0, indicesCount: 0, fromRuns: 0 },
    });
  };
  /** x[…, begin : begin + size, …] along one axis. */
  const part = (x: TensorInfo, axis: number, begin: number, size: number): TensorInfo => {
    const out = output(x.shape.with(axis, size), x.dtype);
    const inner = sizeAfter(x.shape, axis);
    const step = x.shape[axis]! * inner * 4;
    copy(
      address(x) + begin * inner * 4,
      step,
      address(out),
      size * inner * 4,
      sizeBefore(x.shape, axis),
      size * inner,
    );
    return out;
  };

  replaceKernel(tf.Slice, (stock) => (call) => {
    const x = call.inputs.x as TensorInfo;
    const { begin, size } = call.attrs as unknown as { begin: number[]; size: number[] };
    const [begins, sizes] = tf.slice_util.parseSliceParams(x as tf.Tensor, begin, size) as [
      number[],
      number[],
    ];
    const cut = x.shape.flatMap((length, axis) => (sizes[axis] === length ? [] : [axis]));
    if (!fourBytes(x) || cut.length > 1) return stock!(call);
    const [axis] = cut;
    return axis === undefined ? share(module, x) : part(x, axis, begins[axis]!, sizes[axis]!);
  });

  replaceKernel(tf.SplitV, (stock) => (call) => {
    const x = call.inputs.x as TensorInfo;
    if (!fourBytes(x)) return stock!(call);
    const attrs = call.attrs as unknown as { numOrSizeSplits: number | number[]; axis: number };
    const [axis] = tf.util.parseAxisParam(attrs.axis, x.shape) as [number];
    const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, attrs.numOrSizeSplits, axis);
    let begin = 0;
    return sizes.map((size) => {
      const piece = part(x, axis, begin, size);
      begin += size;
      return piece;
    });
  });

  replaceKernel(tf.Concat, (stock) => (call) => {
    const inputs = call.inputs as unknown as TensorInfo[];
    const shapes = inputs.map((x) => x.shape);
    const [axis] = tf.util.parseAxisParam((call.attrs as unknown as { axis: number }).axis, shapes[0]!) as [
      number,
    ];
    tf.backend_util.assertParamsConsistent(shapes, axis);
    const shape = tf.backend_util.computeOutShape(shapes, axis);
    const alike = inputs.every((x) => x.dtype === inputs[0]!.dtype);
    // The stock kernels of concatenate and gather get the shape of nothing wrong.
    const empty = tf.util.sizeFromShape(shape) === 0 && inputs[0]!.dtype !== 'string';
    if (!alike || !(fourBytes(inputs[0]!) || empty)) return stock!(call);
    const filled = inputs.filter((x) => tf.util.sizeFromShape(x.shape) > 0);
    if (filled.length === 1) return share(module, filled[0]!);
    const out = output(shape, inputs[0]!.dtype);
    const step = sizeAfter(shape, axis) * shape[axis]! * 4;
    let to = address(out);
    for (const x of filled) {
      const width = sizeAfter(x.shape, axis) * x.shape[axis]!;
      copy(address(x), width * 4, to, step, sizeBefore(shape, axis), width);
      to += width * 4;
    }
    return out;
  });

  replaceKernel(tf.GatherV2, (stock) => (call) => {
    const { x, indices } = call.inputs as { x: TensorInfo; indices: TensorInfo };
    const { axis, batchDims } = call.attrs as unknown as { axis: number; batchDims: number };
    const possible = fourBytes(x) || (tf.util.sizeFromShape(x.shape) === 0 && x.dtype !== 'string');
    if (!possible || indices.dtype !== 'int32' || batchDims !== 0) return stock!(call);
    const [at] = tf.util.parseAxisParam(axis, x.shape) as [number];
    const length = x.shape[at]!;
    const count = tf.util.sizeFromShape(indices.shape);
    const outside = module.exports.findOutside(address(indices), count, length);
    if (outside >= 0) {
      const value = module.backend.wasm.HEAPU32[address(indices) / 4 + outside]! | 0;
      throw new RangeError(`gather: index ${value} at place ${outside}; expected 0 to ${length - 1}.`);
    }
    const out = output([...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)], x.dtype);
    const width = sizeAfter(x.shape, at);
    const runs = sizeBefore(x.shape, at) * count;
    if (runs * width === 0) return out;
    const perTask = module.itemsPerTask(runs, width);
    module.run('gather', Math.ceil(runs / perTask), {
      ...{ from: address(x), fromStep: 0, to: address(out), toStep: 0, runs, width, runsPerTask: perTask },
      ...{ indices: address(indices), indicesCount: count, fromRuns: length },
    });
    return out;
  });

  replaceKernel(tf.Transpose, (stock) => (call) => {
    const x = call.inputs.x as TensorInfo;
    const { perm } = call.attrs as unknown as { perm: number[] };
    const shape = perm.map((axis) => x.shape[axis]!);
    const axes = permutedAxes(x.shape, perm);
    const one = { size: 1, step: 1 };
    const [outer, middle, inner, last] = [4, 3, 2, 1].map((fromEnd) => axes.at(-fromEnd) ?? one) as [
      Axis,
      Axis,
      Axis,
      Axis,
    ];
    // The stock kernel copies even where nothing moves.
    if (axes.length <= 1) return { ...share(module, x), shape };
    if (!fourBytes(x) || last.step !== 1 || axes.length > 4) return stock!(call);
    const out = output(shape, x.dtype);
    const runs = outer.size * middle.size * inner.size;
    const perTask = module.itemsPerTask(runs, last.size);
    module.run('permute', Math.ceil(runs / perTask), {
      ...{ from: address(x), to: address(out), width: last.size, middle: middle.size, inner: inner.size },
      ...{ outerStep: outer.step * 4, middleStep: middle.step * 4, innerStep: inner.step * 4 },
      ...{ runs, runsPerTask: perTask },
    });
    return out;
  });
}

interface Axis {
  readonly size: number;
  /** Numbers between neighbours, in what is read. */
  readonly step: number;
}

/** What stands where after a transposition: the axes of the result, outermost first, neighbours merged; none for nothing. */
function permutedAxes(shape: number[], perm: number[]): Axis[] {
  if (shape.includes(0)) return [];
  const axes: Axis[] = [];
  for (const axis of [...perm].reverse()) {
    const size = shape[axis]!;
    const step = sizeAfter(shape, axis);
    const inner = axes[0];
    if (size === 1) continue;
    if (inner && step === inner.step * inner.size) axes[0] = { ...inner, size: size * inner.size };
    else axes.unshift({ size, step });
  }
  return axes;
}

function fourBytes(x: TensorInfo): boolean {
  return x.dtype === 'float32' || x.dtype === 'int32';
}

function sizeBefore(shape: number[], axis: number): number {
  return tf.util.sizeFromShape(shape.slice(0, axis));
}

function sizeAfter(shape: number[], axis: number): number {
  return tf.util.sizeFromShape(shape.slice(axis + 1));
}

/** `UnsortedSegmentSum`, missing in the stock backend: the gradient of `gather`. */
export function registerSegmentSum(module: KernelModule): void {
  replaceKernel(tf.UnsortedSegmentSum, () => ({ inputs, attrs }) => {
    const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
    const { numSegments } = attrs as unknown as { numSegments: number };
    if (x.dtype !== 'float32' || segmentIds.dtype !== 'int32') {
      throw new TypeError(
        `unsortedSegmentSum: got ${x.dtype} values and ${segmentIds.dtype} ids; expected float32 and int32.`,
      );
    }
    const rows = x.shape[0] ?? 1;
    const width = tf.util.sizeFromShape(x.shape.slice(1));
    const out = module.output([numSegments, ...x.shape.slice(1)]);
    const { address } = module;
    module.exports.segmentSum(address(x), address(segmentIds), rows, width, numSegments, address(out));
    return out;
  });
}

/** The stock `Cumsum` and `Cumprod` write out of bounds when the axis is negative. */
export function registerCumulative(): void {
  for (const name of [tf.Cumsum, tf.Cumprod]) {
    if (!tf.getKernel(name, 'wasm')) continue;
    replaceKernel(
      name,
      (stock): KernelFunc =>
        (call) => {
          const rank = (call.inputs.x as TensorInfo).shape.length;
          const [axis] = tf.util.parseAxisParam(
            (call.attrs as unknown as { axis: number }).axis,
            (call.inputs.x as TensorInfo).shape,
          );
          return stock!(rank === 0 ? call : { ...call, attrs: { ...call.attrs, axis: axis! } });
        },
    );
  }
}

/** The stock `OneHot` writes integers whatever the requested type. */
export function registerOneHot(): void {
  replaceKernel(tf.OneHot, (stock) => (call) => {
    const { dtype = 'int32' } = call.attrs as unknown as { dtype?: tf.DataType };
    const x = stock!({ ...call, attrs: { ...call.attrs, dtype: 'int32' } }) as TensorInfo;
    if (dtype === 'int32') return x;
    const cast = tf
      .getKernel(tf.Cast, 'wasm')
      .kernelFunc({ inputs: { x }, backend: call.backend, attrs: { dtype } });
    (call.backend as { disposeData(id: object): void }).disposeData(x.dataId);
    return cast;
  });
}
