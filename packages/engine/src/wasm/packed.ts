import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import {
  expectInputGradient,
  expectPack,
  expectProduct,
  expectRows,
  formatNumber,
  nf4Block,
  type PackAttributes,
  type PackedAttributes,
  type PackedProductAttributes,
  packedShapes,
} from '../kernels/packed-weight.js';
import type { KernelModule } from './kernel-module.js';
import { runProduct } from './matmul.js';
import { replaceKernel } from './replace-kernel.js';
import { plainWeight, type Weight, weightRecord } from './weight-record.js';

// Weights of 16, 8 or 4 bits (see `packedShapes`) as they lie in the backend's memory; no product makes a dense copy of one.

type Inputs = Readonly<Record<string, TensorInfo | undefined>>;
export function registerPacked(module: KernelModule): void {
  replaceKernel('CppoPackedProduct', () => packedProduct(module));
  replaceKernel('CppoPackedInputGradient', () => packedInputGradient(module));
  replaceKernel('CppoPackedRows', () => packedRows(module));
  replaceKernel('CppoPack', () => pack(module));
}

function weightOf(module: KernelModule, inputs: Inputs, attributes: PackedProductAttributes): Weight {
  const { words, scales } = inputs as Record<'words' | 'scales', TensorInfo>;
  const { format, columns, rounded } = attributes;
  return {
    ...{ values: module.address(words), scales: scales ? module.address(scales) : 0 },
    ...{ format, columns, rounded },
  };
}

/** y = x·Wᵀ + bias. */
function packedProduct(module: KernelModule): KernelFunc {
  return ({ inputs, attrs }) => {
    const attributes = attrs as unknown as PackedProductAttributes;
    const { rows, columns, format, rounded } = attributes;
    const { x, scales, bias } = expectProduct(inputs as Inputs, attributes);
    return multiply(module, weightOf(module, inputs as Inputs, attributes), {
      ...{ x, depth: columns, outs: rows, transposed: true, rounded },
      // The numbers of int8 are whole ones; their rows' scales are left to the sums.
      sumScales: format === 'int8' ? scales : undefined,
      bias,
    });
  };
}

/** dx = dy·W. */
function packedInputGradient(module: KernelModule): KernelFunc {
  return ({ inputs, attrs }) => {
    const attributes = attrs as unknown as PackedProductAttributes;
    const { rows, columns, format, rounded } = attributes;
    const { dy, scales } = expectInputGradient(inputs as Inputs, attributes);
    return multiply(module, weightOf(module, inputs as Inputs, attributes), {
      ...{ x: dy, depth: rows, outs: columns, transposed: false, rounded },
      inputScales: format === 'int8' ? scales : undefined,
    });
  };
}

interface Multiplication {
  /** [rows, depth] */
  readonly x: TensorInfo;
  readonly depth: number;
  readonly outs: number;
  readonly transposed: boolean;
  readonly rounded: boolean;
  /** [depth] */
  readonly inputScales?: TensorInfo | undefined;
  /** [outs] */
  readonly sumScales?: TensorInfo | undefined;
  readonly bias?: TensorInfo | undefined;
}

function multiply(module: KernelModule, weight: Weight, product: Multiplication): TensorInfo {
  const { x, depth, outs, transposed, rounded, inputScales, sumScales, bias } = product;
  const rows = x.shape[0] as number;
  const addressOf = (tensor: TensorInfo | undefined) => (tensor ? module.address(tensor) : 0);
  const out = module.output([rows, outs]);
  if (rows * outs === 0) return out;
  const changed = rounded || inputScales ? changedOperand(module, x, inputScales, rounded) : undefined;
  runProduct(module, {
    ...{ a: addressOf(changed ?? x), b: weight, c: addressOf(out), rows, columns: outs, depth },
    ...{ aRowStep: depth * 4, aColumnStep: 4, bRowStep: transposed ? 4 : 0, bColumnStep: transposed ? 0 : 4 },
    ...{ aBatchStep: 0, bBatchStep: 0, batch: 1 },
    ...{ sumScales: addressOf(sumScales), bias: addressOf(bias), activation: 0, slope: 0 },
  });
  if (changed) module.backend.disposeData(changed.dataId);
  return out;
}

/** x [rows, width], each column times its scale, and then rounded to bfloat16 or not. */
function changedOperand(
  module: KernelModule,
  x: TensorInfo,
  scales: TensorInfo | undefined,
  rounded: boolean,
): TensorInfo {
  const [rows, width] = x.shape as [number, number];
  const out = module.output([rows, width]);
  if (rows * width === 0) return out;
  const rowsPerTask = module.itemsPerTask(rows, width);
  module.run('operand', Math.ceil(rows / rowsPerTask), {
    ...{ a: module.address(x), b: scales ? module.address(scales) : 0, c: 0, d: 0 },
    ...{ out: module.address(out), out2: 0, number: 0 },
    ...{ rows, width, rowsPerTask, option: rounded ? 1 : 0 },
  });
  return out;
}

/** Rows of W, float32. */
function packedRows(module: KernelModule): KernelFunc {
  return ({ inputs, attrs }) => {
    const attributes = attrs as unknown as PackedAttributes;
    const { rows, columns } = attributes;
    const { ids } = expectRows(inputs as Inputs, attributes);
    const count = ids.shape[0] ?? 0;
    const at = module.address(ids);
    const outside = module.exports.findOutside(at, count, rows);
    if (outside >= 0) {
      const id = module.backend.wasm.HEAPU32[at / 4 + outside]! | 0;
      throw new RangeError(`CppoPackedRows: got row ${id}; expected 0 to ${rows - 1}.`);
    }
    const out = module.output([count, columns]);
    if (count * columns === 0) return out;
    const countPerTask = module.itemsPerTask(count, columns);
    module.run('weightRows', Math.ceil(count / countPerTask), {
      ...weightRecord(weightOf(module, inputs as Inputs, { ...attributes, rounded: false })),
      ...{ ids: at, out: module.address(out), count, countPerTask },
    });
    return out;
  };
}

/** A matrix in float32 or bfloat16 becomes a packed weight. */
function pack(module: KernelModule): KernelFunc {
  return ({ inputs, attrs }) => {
    const attributes = attrs as unknown as PackAttributes;
    const { from, format, rows, columns } = attributes;
    const matrixOf = expectPack(inputs as Inputs, attributes);
    const shapes = packedShapes(attributes);
    const out = module.output([...shapes.words], 'int32');
    const scales = shapes.scales && module.output([...shapes.scales]);
    const results = scales ? [out, scales] : [out];
    if (rows * columns === 0) return results;
    const matrix = module.address(matrixOf);
    const items = format === 'nf4' ? Math.ceil((rows * columns) / nf4Block) : rows;
    const itemsPerTask = module.itemsPerTask(items, format === 'nf4' ? nf4Block : columns);
    module.run('narrow', Math.ceil(items / itemsPerTask), {
      ...weightRecord({ ...plainWeight(matrix), format: from, columns }),
      ...{ rows, toFormat: formatNumber(format), toValues: module.address(out) },
      ...{ toScales: scales ? module.address(scales) : 0, items, itemsPerTask },
    });
    return results;
  };
}
