import * as tf from '@tensorflow/tfjs-core';
import type { PackedFormat } from '../kernels/packed-weight.js';
import { packedShapes } from '../kernels/packed-weight.js';
import type { ConformanceCase } from './conformance-case.js';
import * as f64 from './float64.js';
import { nearestBfloat16, type PlainWeight, packPlainly } from './plain-weight.js';

export const packedFormats: readonly PackedFormat[] = ['bfloat16', 'int8', 'nf4'];

/** Float32 numbers between −1 and 1, among them a row and a block of zeros where there is room and they are wanted. */
export function madeUpMatrix(rows: number, columns: number, seed: number, zeros = true): Float32Array {
  let state = Math.imul(seed, 2654435761) >>> 0;
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const zero = (rows > 4 && Math.floor(i / columns) === 3) || (i >= 64 && i < 128);
    return zeros && zero ? 0 : state / 2 ** 31 - 1;
  });
}

/** Tensors of a packed weight, by the names of a kernel's inputs. */
export function packedTensors(weight: PlainWeight, name?: string): Record<string, tf.Tensor> {
  const shapes = packedShapes(weight);
  const scales = name === undefined ? 'scales' : `${name}Scales`;
  return {
    [name ?? 'words']: tf.tensor(weight.words, [...shapes.words], 'int32'),
    ...(weight.scales && { [scales]: tf.tensor(weight.scales, [...(shapes.scales ?? [])]) }),
  };
}

/** N, rows, columns: odd ones, none that 64 divides, more than the blocks of a product hold. */
const sizes = [
  [1, 1, 1],
  [3, 5, 7],
  [8, 9, 64],
  [1, 33, 100],
  [2, 37, 129],
  [8, 70, 2051],
  [17, 30, 300],
  [100, 13, 1100],
  [21, 530, 77],
  [70, 1030, 66],
] as const;

function attributesOf({ format, rows, columns }: PlainWeight, rounded: boolean) {
  return { format, rows, columns, rounded };
}

/** What is multiplied, as `rounded` has it. */
const operand = (value: number, rounded: boolean) => (rounded ? nearestBfloat16(value) : value);

function products(format: PackedFormat, rounded: boolean): ConformanceCase[] {
  return sizes.flatMap(([count, rows, columns], i): ConformanceCase[] => {
    const weight = packPlainly(madeUpMatrix(rows, columns, i + 1), format, rows, columns);
    // The numbers of bfloat16 and int8 are exact in bfloat16.
    const dense = f64.build([rows, columns], ([row, column]) =>
      operand(weight.stored(row!, column!), rounded),
    );
    const biased = i % 2 === 0;
    const about = `[${count}, ${columns}], ${format} [${rows}, ${columns}]${rounded ? ', rounded' : ''}`;
    const run = (kernel: string, inputs: tf.NamedTensorMap) =>
      tf
        .engine()
        .runKernel(
          kernel,
          { ...inputs, ...packedTensors(weight) },
          attributesOf(weight, rounded),
        ) as tf.Tensor;
    return [
      {
        ...{ kernel: 'CppoPackedProduct', detail: `${about}${biased ? ', bias' : ''}` },
        ...{ requires: ['CppoPackedProduct'], differentiable: false },
        shapes: [[count, columns], ...(biased ? [[rows]] : [])],
        run: ([x, bias]) => run('CppoPackedProduct', { x: x!, ...(bias && { bias }) }),
        reference: ([x, bias]) => {
          const product = f64.matMul(
            f64.map(x!, (value) => operand(value, rounded)),
            dense,
            false,
            true,
          );
          return f64.build([count, rows], ([n, row]) => {
            const shift = bias ? f64.read(bias, [row!]) : 0;
            return f64.read(product, [n!, row!]) * weight.scale(row!) + shift;
          });
        },
      },
      {
        ...{ kernel: 'CppoPackedInputGradient', detail: `${about} transposed` },
        ...{ requires: ['CppoPackedInputGradient'], differentiable: false, shapes: [[count, rows]] },
        run: ([dy]) => run('CppoPackedInputGradient', { dy: dy! }),
        reference: ([dy]) => {
          const scaled = f64.build([count, rows], ([n, row]) =>
            operand(Math.fround(f64.read(dy!, [n!, row!]) * weight.scale(row!)), rounded),
          );
          return f64.matMul(scaled, dense, false, false);
        },
      },
    ];
  });
}

function rows(format: PackedFormat): ConformanceCase[] {
  return [
    [5, 7],
    [9, 64],
    [40, 129],
    [6, 2050],
  ].map((shape, i): ConformanceCase => {
    const [rows, columns] = shape as [number, number];
    const weight = packPlainly(madeUpMatrix(rows, columns, i + 31), format, rows, columns);
    const ids = [rows - 1, 0, 2, 2, 3, 1];
    return {
      ...{ kernel: 'CppoPackedRows', detail: `6 of ${format} [${shape}]`, shapes: [[1]] },
      ...{ requires: ['CppoPackedRows'], differentiable: false },
      run: () => {
        const inputs = { ids: tf.tensor1d(ids, 'int32'), ...packedTensors(weight) };
        const { format } = weight;
        return tf.engine().runKernel('CppoPackedRows', inputs, { format, rows, columns }) as tf.Tensor;
      },
      reference: () =>
        f64.build([ids.length, columns], ([i, column]) =>
          Math.fround(weight.stored(ids[i!]!, column!) * weight.scale(ids[i!]!)),
        ),
    };
  });
}

/** Numbers that lie between two values of a format, small ones and large ones. */
function edges(format: PackedFormat, columns: number): Float32Array {
  const between = {
    bfloat16: [1.00390625, 1.01171875, -1.00390625, 1e-40, -3e-41, 3.4e38, 1 + 2 ** -8 + 2 ** -20],
    int8: [127, 0.5, 1.5, -2.5, 3.5, -126.5, 126.5],
    nf4: [-1, 0.03979014977812767, -0.8480963706970215, 0.8614784479141235, 1, -0.045525018125772476, 1e-9],
  }[format];
  return Float32Array.from({ length: 3 * columns }, (_, i) => between[i % between.length]!);
}

function packs(format: PackedFormat): ConformanceCase[] {
  const shapes = [
    [5, 7],
    [9, 64],
    [7, 129],
    [3, 1050],
    [40, 24],
  ] as const;
  const matrices = [
    ...shapes.map(([rows, columns], i) => ({
      ...{ rows, columns, numbers: madeUpMatrix(rows, columns, i + 61), what: 'made up' },
    })),
    { rows: 3, columns: 21, numbers: edges(format, 21), what: 'on edges' },
  ];
  return matrices.flatMap(({ rows, columns, numbers, what }) =>
    (['float32', 'bfloat16'] as const)
      .filter((from) => from !== format)
      .map((from): ConformanceCase => {
        const halves = packPlainly(numbers, 'bfloat16', rows, columns);
        const given =
          from === 'float32'
            ? numbers
            : numbers.map((_, i) => halves.stored(Math.floor(i / columns), i % columns));
        const expected = packPlainly(given, format, rows, columns);
        return {
          ...{ kernel: 'CppoPack', detail: `${what}, [${rows}, ${columns}], ${from} to ${format}` },
          ...{ requires: ['CppoPack'], differentiable: false, shapes: [[1]] },
          // How many words and scales differ.
          run: () => {
            const inputs =
              from === 'float32' ? { x: tf.tensor2d(numbers, [rows, columns]) } : packedTensors(halves);
            const results = tf
              .engine()
              .runKernel('CppoPack', inputs, { from, format, rows, columns }) as unknown as tf.Tensor[];
            const { words, scales } = packedTensors(expected);
            const wrong = [words!, ...(scales ? [scales] : [])].map((right, i) =>
              tf.sum(tf.cast(tf.notEqual(results[i]!, right), 'float32')),
            );
            return tf.addN(wrong);
          },
          reference: () => f64.build([], () => 0),
        };
      }),
  );
}

/** Products with weights in few bits, and how they come about. */
export function packedCases(): ConformanceCase[] {
  return packedFormats.flatMap((format) => [
    ...products(format, false),
    ...products(format, true),
    ...rows(format),
    ...packs(format),
  ]);
}
