import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from '../fused-inputs.js';
import {
  expectInputGradient,
  expectPack,
  expectProduct,
  expectRows,
  type PackAttributes,
  type PackedAttributes,
  type PackedProductAttributes,
  packedShapes,
} from '../packed-inputs.js';
import { type OperationBackend, register, withNumbers } from './tensorflow-operations.js';

/** As native/packed.h numbers them. */
export const formatNumbers = { float32: 0, bfloat16: 1, int8: 2, nf4: 3 } as const;

type Inputs = Record<string, TensorInfo>;

/** Products with packed weights, and packing, as native/packed-products.cc and pack.cc have them. */
export function registerPackedKernels(backend: OperationBackend): void {
  const numbersOf = ({ format, rows, columns }: PackedAttributes, rounded = false) => [
    ...[formatNumbers[format], rows, columns],
    rounded ? 1 : 0,
  ];
  /** Runs an operation with what a weight lacks as an empty input. */
  const run = (
    name: string,
    inputs: readonly (TensorInfo | undefined)[],
    numbers: readonly number[],
    outputs = 1,
  ) =>
    withNumbers(backend, [], (nothing) =>
      withNumbers(backend, numbers, (last) =>
        backend.executeMultipleOutputs(name, [], [...inputs.map((x) => x ?? nothing), last], outputs),
      ),
    );

  register('CppoPackedProduct', ({ inputs, attrs }) => {
    const attributes = attrs as unknown as PackedProductAttributes;
    const { x, words, scales, bias } = expectProduct(inputs as Inputs, attributes);
    return run('CppoPackedProduct', [x, words, scales, bias], numbersOf(attributes, attributes.rounded))[0]!;
  });
  register('CppoPackedInputGradient', ({ inputs, attrs }) => {
    const attributes = attrs as unknown as PackedProductAttributes;
    const { dy, words, scales } = expectInputGradient(inputs as Inputs, attributes);
    return run('CppoPackedInputGradient', [dy, words, scales], numbersOf(attributes, attributes.rounded))[0]!;
  });
  register('CppoPackedRows', ({ inputs, attrs }) => {
    const attributes = attrs as unknown as PackedAttributes;
    const { ids, words, scales } = expectRows(inputs as Inputs, attributes);
    return run('CppoPackedRows', [ids, words, scales], numbersOf(attributes))[0]!;
  });
  register('CppoPack', ({ inputs, attrs }) => {
    const attributes = attrs as unknown as PackAttributes;
    const matrix = expectPack(inputs as Inputs, attributes);
    const wide = attributes.from === 'float32';
    const shapes = packedShapes(attributes);
    return withNumbers(
      backend,
      [],
      (noWords) =>
        withNumbers(
          backend,
          [...shapes.words, ...(shapes.scales ?? [0])],
          (shape) => {
            const packed = withNumbers(backend, [], (noFloats) =>
              withNumbers(backend, numbersOf(attributes), (numbers) =>
                backend.executeMultipleOutputs(
                  'CppoPack',
                  [],
                  [wide ? matrix : noFloats, wide ? noWords : matrix, shape, numbers],
                  2,
                ),
              ),
            );
            if (shapes.scales) return packed;
            tf.dispose(packed[1] as tf.Tensor);
            return [packed[0]!];
          },
          'int32',
        ),
      'int32',
    );
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
