import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { KernelModule } from './kernel-module.js';
import { replaceKernel } from './replace-kernel.js';

/** Kernels that give the same numbers back: they share them, counted by the backend, instead of copying. */
export function registerSharing(module: KernelModule): void {
  const share = (x: TensorInfo, shape = x.shape): TensorInfo => {
    module.backend.incRef(x.dataId);
    return { dataId: x.dataId, shape, dtype: x.dtype };
  };
  replaceKernel(
    tf.Identity,
    () =>
      ({ inputs }) =>
        share(inputs.x as TensorInfo),
  );
  replaceKernel(tf.Cast, (stock) => (call) => {
    const x = call.inputs.x as TensorInfo;
    const { dtype } = call.attrs as unknown as { dtype: string };
    return x.dtype === dtype ? share(x) : stock!(call);
  });
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

/** The stock `OneHot` writes integers whatever type was asked for. */
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
