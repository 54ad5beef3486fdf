import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

// What the WebGPU backend of TensorFlow.js 4.22 gets wrong, found by the conformance suite on an emulated adapter.

type Call = Parameters<KernelFunc>[0];

interface Repaired extends KernelConfig {
  readonly repaired: true;
}

/** Reductions, and what there is of nothing: a buffer without bytes is an error that spoils the work around it. */
const ofNothing: Record<string, number> = {
  [tf.Sum]: 0,
  [tf.Mean]: Number.NaN,
  [tf.Max]: Number.NEGATIVE_INFINITY,
  [tf.Min]: Number.POSITIVE_INFINITY,
  [tf.Prod]: 1,
};

/** Puts right ones in the place of wrong kernels; to be called when the backend is there, again without harm. */
export function repairWebGpu(): void {
  explainReading(tf.backend() as unknown as Readable);
  for (const name of Object.keys(ofNothing)) repair(name, (stock) => reduction(stock, ofNothing[name]!));
  repair(tf.BatchMatMul, product);
  for (const name of [tf.Cumsum, tf.Cumprod]) repair(name, cumulative);
}

interface Readable {
  readSync(dataId: object): unknown;
  readonly tensorMap: { get(dataId: object): { readonly values?: unknown; readonly dtype: string } };
}

/** Outside a browser only what the processor still holds can be read at once; of the rest the backend complains of a canvas. */
function explainReading(backend: Readable): void {
  if ('OffscreenCanvas' in globalThis || Object.hasOwn(backend, 'readSync')) return;
  const readSync = backend.readSync.bind(backend);
  backend.readSync = (dataId) => {
    const { values, dtype } = backend.tensorMap.get(dataId);
    // The parts of a complex tensor come here one by one.
    if (values == null && dtype !== 'complex64') {
      throw new Error(
        'WebGPU outside a browser cannot read a tensor synchronously; expected await tensor.data() before dataSync() or arraySync().',
      );
    }
    return readSync(dataId);
  };
}

function repair(name: string, make: (stock: KernelFunc) => KernelFunc): void {
  const stock = tf.getKernel(name, 'webgpu');
  if (!stock || 'repaired' in stock) return;
  tf.unregisterKernel(name, 'webgpu');
  const kernel: Repaired = { ...stock, kernelFunc: make(stock.kernelFunc), repaired: true };
  tf.registerKernel(kernel);
}

function run(name: string, { backend }: Call, inputs: Record<string, TensorInfo>, attrs: object): TensorInfo {
  const { kernelFunc } = tf.getKernel(name, 'webgpu')!;
  return kernelFunc({ inputs, backend, attrs: attrs as tf.NamedAttrMap }) as TensorInfo;
}

function drop({ backend }: Call, ...tensors: TensorInfo[]): void {
  for (const { dataId } of tensors) (backend as { disposeData(id: object): void }).disposeData(dataId);
}

function filled(call: Call, shape: number[], value: number): TensorInfo {
  return run(tf.Fill, call, {}, { shape, value, dtype: 'float32' });
}

function reduction(stock: KernelFunc, neutral: number): KernelFunc {
  return (call) => {
    const x = call.inputs.x as TensorInfo;
    if (tf.util.sizeFromShape(x.shape) > 0 || x.dtype !== 'float32') return stock(call);
    const { axis, reductionIndices, keepDims } = call.attrs as unknown as {
      axis?: number | number[];
      reductionIndices?: number | number[];
      keepDims: boolean;
    };
    const all = x.shape.map((_, i) => i);
    const axes = tf.util.parseAxisParam(axis ?? reductionIndices ?? all, x.shape);
    const kept = x.shape.map((length, i) => (axes.includes(i) ? 1 : length));
    return filled(call, keepDims ? kept : kept.filter((_, i) => !axes.includes(i)), neutral);
  };
}

/** The stock kernel pairs batches that broadcast in both directions wrongly, and fails on sums of nothing. */
function product(stock: KernelFunc): KernelFunc {
  return (call) => {
    const { a, b } = call.inputs as { a: TensorInfo; b: TensorInfo };
    const { transposeA, transposeB } = call.attrs as unknown as { transposeA: boolean; transposeB: boolean };
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    if (tf.util.sizeFromShape(a.shape) * tf.util.sizeFromShape(b.shape) === 0) {
      const rows = a.shape.at(transposeA ? -1 : -2)!;
      const columns = b.shape.at(transposeB ? -2 : -1)!;
      return filled(call, [...batch, rows, columns], 0);
    }
    const size = tf.util.sizeFromShape(batch);
    const even = [a, b].every(({ shape }) => [1, size].includes(tf.util.sizeFromShape(shape.slice(0, -2))));
    if (even) return stock(call);
    const [wideA, wideB] = [a, b].map((x) => spread(call, x, batch)) as [TensorInfo, TensorInfo];
    const out = stock({ ...call, inputs: { ...call.inputs, a: wideA, b: wideB } });
    drop(call, wideA, wideB);
    return out;
  };
}

/** x with each matrix of the whole batch. */
function spread(call: Call, x: TensorInfo, batch: number[]): TensorInfo {
  const missing = batch.length + 2 - x.shape.length;
  const shape = [...new Array<number>(missing).fill(1), ...x.shape];
  const reps = shape.map((length, axis) => (axis < batch.length && length === 1 ? batch[axis]! : 1));
  const ranked = run(tf.Reshape, call, { x }, { shape });
  const wide = run(tf.Tile, call, { x: ranked }, { reps });
  drop(call, ranked);
  return wide;
}

/**
 * Backwards, the stock kernel's shader holds the length of the axis but is found again without it, so another length
 * gets the wrong one.
 */
function cumulative(stock: KernelFunc): KernelFunc {
  return (call) => {
    const x = call.inputs.x as TensorInfo;
    const { axis, reverse } = call.attrs as unknown as { axis: number; reverse: boolean };
    if (!reverse) return stock(call);
    const dims = tf.util.parseAxisParam(axis, x.shape);
    const turned = run(tf.Reverse, call, { x }, { dims });
    const sums = stock({
      ...call,
      inputs: { x: turned },
      attrs: { ...call.attrs, reverse: false },
    }) as TensorInfo;
    const out = run(tf.Reverse, call, { x: sums }, { dims });
    drop(call, turned, sums);
    return out;
  };
}
