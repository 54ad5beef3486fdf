import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, expectTensor } from './expect.js';
import { layout, size, whole } from './layout.js';
import { floats, operation } from './operation.js';

// The kernels of packed weights: what they expect of their inputs on every engine, and how they are told of them.

/** How a matrix can be stored, in the order of the formats' numbers; see `packedShapes`. */
export const weightFormats = ['float32', 'bfloat16', 'int8', 'nf4'] as const;

export type WeightFormat = (typeof weightFormats)[number];

/** How a matrix that is not trained is stored. */
export type PackedFormat = Exclude<WeightFormat, 'float32'>;

export function formatNumber(format: WeightFormat): number {
  return weightFormats.indexOf(format);
}

/** Attributes of a packed weight W [rows, columns]. */
export interface PackedAttributes {
  readonly format: PackedFormat;
  readonly rows: number;
  readonly columns: number;
}

/** Numbers that share a scale in nf4: they run over the flattened matrix, as in bitsandbytes. */
export const nf4Block = 64;

/** The values of nf4: quantiles of the normal distribution (QLoRA, arXiv:2305.14314, appendix E; as in bitsandbytes). */
export const nf4Values: readonly number[] = [
  ...[-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453],
  ...[-0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0.0],
  ...[0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224],
  ...[0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0],
];

/**
 * Shapes of the tensors of a packed weight: `words` are int32, little-endian, `scales` float32.
 *
 * - `bfloat16`: two numbers a word, the even column in the low half; a row of odd length ends with a zero half.
 * - `int8`: four numbers a word, w = q·s with a scale s for each row; the rest of a row's last word is zero.
 * - `nf4`: eight numbers a word over the flattened matrix, in each byte the earlier in the high half;
 *   w = value[nibble]·s with a scale s for each block of 64.
 */
export function packedShapes({ format, rows, columns }: PackedAttributes): {
  readonly words: readonly number[];
  readonly scales: readonly number[] | undefined;
} {
  if (format === 'bfloat16') return { words: [rows, Math.ceil(columns / 2)], scales: undefined };
  if (format === 'int8') return { words: [rows, Math.ceil(columns / 4)], scales: [rows] };
  const count = rows * columns;
  return { words: [Math.ceil(count / 8)], scales: [Math.ceil(count / nf4Block)] };
}

/**
 * Checks the tensors of a packed weight.
 *
 * @param name of the words for messages; the scales are called `${name}Scales`, or `scales` beside `words`.
 */
export function expectPacked(
  kernel: string,
  attributes: PackedAttributes,
  words: TensorInfo | undefined,
  scales: TensorInfo | undefined,
  name = 'words',
): asserts words is TensorInfo {
  const { format } = attributes;
  expect(
    format === 'bfloat16' || format === 'int8' || format === 'nf4',
    () => `${kernel}: got the format ${String(format)} of ${name}; expected bfloat16, int8 or nf4.`,
  );
  const shapes = packedShapes(attributes);
  const wanted = (x: TensorInfo | undefined, dtype: string, shape: readonly number[], what: string) => {
    const fits = x?.dtype === dtype && tf.util.arraysEqual(x.shape, [...shape]);
    const found = x ? `${x.dtype} [${x.shape}]` : 'nothing';
    expect(
      fits,
      () =>
        `${kernel}: got ${found} for ${what} of a ${format} weight ` +
        `[${attributes.rows}, ${attributes.columns}]; expected ${dtype} [${shape}].`,
    );
  };
  wanted(words, 'int32', shapes.words, name);
  const scalesName = name === 'words' ? 'scales' : `${name}Scales`;
  if (shapes.scales) wanted(scales, 'float32', shapes.scales, scalesName);
  else expect(scales === undefined, () => `${kernel}: got ${scalesName}; bfloat16 has none.`);
}

export interface PackedProductAttributes extends PackedAttributes {
  /** Whether what is multiplied is rounded to bfloat16. */
  readonly rounded: boolean;
}

export interface PackAttributes extends PackedAttributes {
  /** What the matrix to be packed is in. */
  readonly from: 'float32' | 'bfloat16';
}

type Inputs = Readonly<Record<string, TensorInfo | undefined>>;

/** Checks the inputs of a product: x [N, columns], bias [rows]. */
export function expectProduct(inputs: Inputs, attributes: PackedAttributes) {
  const { x, words, scales, bias } = inputs;
  const kernel = 'CppoPackedProduct';
  expectTensor(kernel, 'x', x, 'float32', [x?.shape[0] ?? 0, attributes.columns]);
  expectPacked(kernel, attributes, words, scales);
  if (bias) expectTensor(kernel, 'bias', bias, 'float32', [attributes.rows]);
  return { x, words, scales, bias };
}

/** Checks the inputs of a product's gradient: dy [N, rows]. */
export function expectInputGradient(inputs: Inputs, attributes: PackedAttributes) {
  const { dy, words, scales } = inputs;
  const kernel = 'CppoPackedInputGradient';
  expectTensor(kernel, 'dy', dy, 'float32', [dy?.shape[0] ?? 0, attributes.rows]);
  expectPacked(kernel, attributes, words, scales);
  return { dy, words, scales };
}

/** Checks the inputs of rows: ids [N]. */
export function expectRows(inputs: Inputs, attributes: PackedAttributes) {
  const { ids, words, scales } = inputs;
  expectTensor('CppoPackedRows', 'ids', ids, 'int32', [ids?.shape[0] ?? 0]);
  expectPacked('CppoPackedRows', attributes, words, scales);
  return { ids, words, scales };
}

/** Checks the matrix that is to be packed, x [rows, columns] or the words of one in bfloat16. @returns it. */
export function expectPack(inputs: Inputs, attributes: PackAttributes): TensorInfo {
  const { from, format, rows, columns } = attributes;
  const { x, words } = inputs;
  expect(
    format === 'bfloat16' || format === 'int8' || format === 'nf4',
    () => `CppoPack: got the format ${String(format)}; expected bfloat16, int8 or nf4.`,
  );
  expect(
    from === 'float32' || from === 'bfloat16',
    () => `CppoPack: got a matrix in ${String(from)}; expected float32 or bfloat16.`,
  );
  if (from === 'float32') {
    expectTensor('CppoPack', 'x', x, 'float32', [rows, columns]);
    return x;
  }
  expectPacked('CppoPack', { format: 'bfloat16', rows, columns }, words, undefined);
  return words;
}

export const weightLayout = layout(
  'Weight',
  {
    values: size('The numbers, or the words that hold them.'),
    scales: size('float32, of each row (int8) or each block (nf4).'),
    format: whole(),
    columns: size(),
    rounded: whole(
      'Whether the numbers of nf4 are rounded to bfloat16; those of the other formats are so anyhow.',
    ),
  },
  { about: 'A matrix [rows, columns].' },
);

export const narrowingLayout = layout(
  'Narrowing',
  {
    rows: size(),
    toFormat: whole(),
    toValues: size(),
    toScales: size(),
    items: size('Rows, or blocks, in all.'),
    itemsPerTask: size(),
  },
  { about: 'A matrix becomes one in fewer bits.', base: weightLayout },
);

export const weightRowsLayout = layout(
  'WeightRows',
  { ids: size(), out: size(), count: size(), countPerTask: size() },
  { about: 'out [ids, columns] = the rows of a weight that ids names.', base: weightLayout },
);

const weightNumbers = ['format', 'rows', 'columns'] as const;

export const packedProductOperation = operation(
  'CppoPackedProduct',
  { x: 'float', words: 'int32', scales: 'float', bias: 'float' },
  floats('y'),
  [...weightNumbers, 'rounded'],
);

export const packedInputGradientOperation = operation(
  'CppoPackedInputGradient',
  { dy: 'float', words: 'int32', scales: 'float' },
  floats('dx'),
  [...weightNumbers, 'rounded'],
);

export const packedRowsOperation = operation(
  'CppoPackedRows',
  { ids: 'int32', words: 'int32', scales: 'float' },
  floats('y'),
  weightNumbers,
);

export const packOperation = operation(
  'CppoPack',
  { x: 'float', words: 'int32', shape: 'int32' },
  { packed: 'int32', scales: 'float' },
  weightNumbers,
);
