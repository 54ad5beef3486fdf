import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {
  expectInputGradient,
  expectPack,
  expectProduct,
  expectRows,
  type PackedAttributes,
  packedShapes,
} from '../kernels/packed-weight.js';
import { type PackedNumbers, packNumbers, toBfloat16, widenRow } from './pack.js';

/** What of the processor's backend is used. */
interface PlainBackend {
  readonly data: { get(id: object): { readonly values: Float32Array | Int32Array } };
  makeTensorInfo(shape: number[], dtype: string, values: Float32Array | Int32Array): TensorInfo;
}

interface Call {
  readonly inputs: Record<string, TensorInfo | undefined>;
  readonly attributes: PackedAttributes & {
    readonly rounded?: boolean;
    readonly from?: 'float32' | 'bfloat16';
  };
  numbers(name: string): Float32Array;
  packed(): PackedNumbers;
  result(shape: number[], values: Float32Array | Int32Array): TensorInfo;
}

/**
 * Registers the kernels of packed weights on the plain JavaScript backend, straight from their definitions: slow, and what
 * the other engines are compared with.
 */
export function registerPackedReference(): void {
  register('CppoPackedProduct', product);
  register('CppoPackedInputGradient', inputGradient);
  register('CppoPackedRows', rowsOf);
  register('CppoPack', pack);
}

function register(kernelName: string, compute: (call: Call) => TensorInfo | TensorInfo[]): void {
  if (tf.getKernel(kernelName, 'cpu')) return;
  const kernelFunc: KernelFunc = ({ inputs, backend, attrs }) => {
    const { data, makeTensorInfo } = backend as unknown as PlainBackend;
    const values = (name: string) => data.get((inputs as Record<string, TensorInfo>)[name]!.dataId).values;
    return compute({
      inputs: inputs as Record<string, TensorInfo | undefined>,
      attributes: attrs as unknown as Call['attributes'],
      numbers: (name) => values(name) as Float32Array,
      packed: () => ({
        words: values('words') as Int32Array,
        scales: inputs.scales ? (values('scales') as Float32Array) : undefined,
      }),
      result: (shape, numbers) =>
        makeTensorInfo.call(backend, shape, numbers instanceof Int32Array ? 'int32' : 'float32', numbers),
    });
  };
  tf.registerKernel({ kernelName, backendName: 'cpu', kernelFunc });
}

/** y = x·Wᵀ + b */
function product({ inputs, attributes, numbers, packed, result }: Call): TensorInfo {
  const { rows, columns, rounded = false } = attributes;
  const count = inputs.x?.shape[0] ?? 0;
  expectProduct(inputs, attributes);
  const x = rounded ? numbers('x').map(toBfloat16) : numbers('x');
  const bias = inputs.bias && numbers('bias');
  const weight = packed();
  const y = new Float32Array(count * rows);
  for (let row = 0; row < rows; row++) {
    const { values, scale } = widenRow(weight, attributes, row, rounded);
    for (let n = 0; n < count; n++) {
      let sum = 0;
      for (let column = 0; column < columns; column++) sum += x[n * columns + column]! * values[column]!;
      y[n * rows + row] = sum * scale + (bias?.[row] ?? 0);
    }
  }
  return result([count, rows], y);
}

/** dx = dy·W */
function inputGradient({ inputs, attributes, numbers, packed, result }: Call): TensorInfo {
  const { rows, columns, rounded = false } = attributes;
  const count = inputs.dy?.shape[0] ?? 0;
  expectInputGradient(inputs, attributes);
  const dy = numbers('dy');
  const weight = packed();
  const sums = new Float64Array(count * columns);
  for (let row = 0; row < rows; row++) {
    const { values, scale } = widenRow(weight, attributes, row, rounded);
    for (let n = 0; n < count; n++) {
      const factor = dy[n * rows + row]! * scale;
      const upstream = rounded ? toBfloat16(factor) : factor;
      for (let column = 0; column < columns; column++)
        sums[n * columns + column]! += upstream * values[column]!;
    }
  }
  return result([count, columns], Float32Array.from(sums));
}

/** Rows of W, float32. */
function rowsOf({ inputs, attributes, numbers, packed, result }: Call): TensorInfo {
  const { rows, columns } = attributes;
  const count = inputs.ids?.shape[0] ?? 0;
  expectRows(inputs, attributes);
  const weight = packed();
  const y = new Float32Array(count * columns);
  numbers('ids').forEach((id, n) => {
    if (!(id >= 0 && id < rows)) {
      throw new RangeError(`CppoPackedRows: got row ${id}; expected 0 to ${rows - 1}.`);
    }
    const { values, scale } = widenRow(weight, attributes, id, false);
    for (let column = 0; column < columns; column++) y[n * columns + column] = values[column]! * scale;
  });
  return result([count, columns], y);
}

/** float32 or bfloat16 to a narrow format. */
function pack({ inputs, attributes, numbers, packed, result }: Call): TensorInfo[] {
  const { from = 'float32', rows, columns } = attributes;
  const widened = (): Float32Array => {
    const stored = { ...attributes, format: 'bfloat16' as const };
    const all = new Float32Array(rows * columns);
    const weight = packed();
    for (let row = 0; row < rows; row++) all.set(widenRow(weight, stored, row, false).values, row * columns);
    return all;
  };
  expectPack(inputs, { ...attributes, from });
  const { words, scales } = packNumbers(from === 'float32' ? numbers('x') : widened(), attributes);
  const shapes = packedShapes(attributes);
  return [
    result([...shapes.words], words),
    ...(scales && shapes.scales ? [result([...shapes.scales], scales)] : []),
  ];
}
