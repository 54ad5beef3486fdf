import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from '../kernels/expect.js';
import {
  expectInputGradient,
  expectPack,
  expectProduct,
  expectRows,
  formatNumber,
  type PackAttributes,
  type PackedAttributes,
  type PackedProductAttributes,
  packedInputGradientOperation,
  packedProductOperation,
  packedRowsOperation,
  packedShapes,
  packOperation,
} from '../kernels/packed-weight.js';
import { type OperationBackend, register, runOperation, withNumbers } from './tensorflow-operations.js';

type Inputs = Record<string, TensorInfo>;

/** Products with packed weights, and packing, as native/packed-products.cc and pack.cc have them. */
export function registerPackedKernels(backend: OperationBackend): void {
  const numbersOf = ({ format, rows, columns }: PackedAttributes) => ({
    ...{ format: formatNumber(format), rows, columns },
  });
  const productNumbers = (attributes: PackedProductAttributes) => ({
    ...numbersOf(attributes),
    rounded: attributes.rounded ? 1 : 0,
  });

  register('CppoPackedProduct', ({ inputs, attrs }) => {
    const attributes = attrs as unknown as PackedProductAttributes;
    const operands = expectProduct(inputs as Inputs, attributes);
    return runOperation(backend, packedProductOperation, operands, productNumbers(attributes))[0]!;
  });
  register('CppoPackedInputGradient', ({ inputs, attrs }) => {
    const attributes = attrs as unknown as PackedProductAttributes;
    const operands = expectInputGradient(inputs as Inputs, attributes);
    return runOperation(backend, packedInputGradientOperation, operands, productNumbers(attributes))[0]!;
  });
  register('CppoPackedRows', ({ inputs, attrs }) => {
    const attributes = attrs as unknown as PackedAttributes;
    const operands = expectRows(inputs as Inputs, attributes);
    return runOperation(backend, packedRowsOperation, operands, numbersOf(attributes))[0]!;
  });
  register('CppoPack', ({ inputs, attrs }) => {
    const attributes = attrs as unknown as PackAttributes;
    const matrix = expectPack(inputs as Inputs, attributes);
    const wide = attributes.from === 'float32';
    const shapes = packedShapes(attributes);
    const packed = withNumbers(
      backend,
      [...shapes.words, ...(shapes.scales ?? [0])],
      (shape) => {
        const operands = { x: wide ? matrix : undefined, words: wide ? undefined : matrix, shape };
        return runOperation(backend, packOperation, operands, numbersOf(attributes));
      },
      'int32',
    );
    if (shapes.scales) return packed;
    tf.dispose(packed[1] as tf.Tensor);
    return [packed[0]!];
  });
  register('CppoAllFinite', ({ inputs }) => {
    const { words } = inputs as Inputs;
    return backend.executeMultipleOutputs('CppoAllFinite', [], [words!], 1)[0]!;
  });
  register('CppoMapTensor', ({ attrs }) => {
    const { file, begin, shape, dtype } = attrs as NamedAttrMap & MapTensorAttributes;
    const { TF_ATTR_STRING, TF_ATTR_TYPE, TF_FLOAT, TF_INT32 } = backend.binding;
    expect(
      Number.isSafeInteger(begin) && begin >= 0,
      () => `CppoMapTensor: begin is ${begin}; expected a byte of the file.`,
    );
    return withNumbers(
      backend,
      [(begin % 2 ** 32) | 0, Math.floor(begin / 2 ** 32), ...shape],
      (numbers) =>
        backend.executeMultipleOutputs(
          'CppoMapTensor',
          [
            { name: 'file', type: TF_ATTR_STRING, value: file },
            { name: 'T', type: TF_ATTR_TYPE, value: dtype === 'int32' ? TF_INT32 : TF_FLOAT },
          ],
          [numbers],
          1,
        )[0]!,
      'int32',
    );
  });
}

/** Attributes of `CppoMapTensor`, which makes a tensor of the bytes of a file. */
interface MapTensorAttributes {
  /** An absolute path. */
  readonly file: string;
  /** The first byte. */
  readonly begin: number;
  readonly shape: readonly number[];
  readonly dtype: 'int32' | 'float32';
}
