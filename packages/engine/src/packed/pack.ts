import { nf4Block, nf4Values, type PackedAttributes, packedShapes } from '../kernels/packed-weight.js';

// Packing and widening in plain JavaScript, straight from the definitions: what the other engines are compared with.

/** A packed weight as plain arrays; no scales for `bfloat16`. */
export interface PackedNumbers {
  readonly words: Int32Array;
  readonly scales: Float32Array | undefined;
}

const bits = new Uint32Array(1);
const number = new Float32Array(bits.buffer);

/** The upper 16 bits of a float32 rounded to bfloat16, to nearest and ties to even; NaN stays NaN. */
export function bfloat16Bits(value: number): number {
  number[0] = value;
  const word = bits[0]!;
  if ((word & 0x7fffffff) > 0x7f800000) return 0x7fc0;
  return ((word + 0x7fff + ((word >>> 16) & 1)) >>> 16) & 0xffff;
}

/** A number rounded to bfloat16. */
export function toBfloat16(value: number): number {
  return fromBfloat16Bits(bfloat16Bits(value));
}

function fromBfloat16Bits(half: number): number {
  bits[0] = half << 16;
  return number[0]!;
}

/** Midpoints between neighbouring codes; as bitsandbytes, a midpoint itself belongs to the code below. */
const thresholds = nf4Values.slice(1).map((value, i) => Math.fround((value + nf4Values[i]!) / 2));

/** The code whose value is nearest to a number in −1 … 1. */
function nearestCode(value: number): number {
  let code = 0;
  while (code < 15 && value > thresholds[code]!) code++;
  return code;
}

/** round to nearest, ties to even. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** @param values [rows, columns] */
export function packNumbers(values: Float32Array, attributes: PackedAttributes): PackedNumbers {
  const { format, rows, columns } = attributes;
  const shapes = packedShapes(attributes);
  const words = new Int32Array(shapes.words.reduce((size, side) => size * side, 1));
  if (format === 'bfloat16') {
    const halves = new Uint16Array(words.buffer);
    const stride = 2 * Math.ceil(columns / 2);
    values.forEach((value, i) => {
      halves[Math.floor(i / columns) * stride + (i % columns)] = bfloat16Bits(value);
    });
    return { words, scales: undefined };
  }
  const scales = new Float32Array(shapes.scales![0]!);
  const bytes = new Uint8Array(words.buffer);
  if (format === 'int8') {
    const stride = 4 * Math.ceil(columns / 4);
    for (let row = 0; row < rows; row++) {
      const own = values.subarray(row * columns, (row + 1) * columns);
      const scale = Math.fround(largest(own) / 127);
      scales[row] = scale;
      if (scale === 0) continue;
      own.forEach((value, column) => {
        bytes[row * stride + column] = roundHalfEven(Math.fround(value / scale));
      });
    }
    return { words, scales };
  }
  scales.forEach((_, block) => {
    const start = block * nf4Block;
    const own = values.subarray(start, start + nf4Block);
    const absmax = largest(own);
    scales[block] = absmax;
    const inverse = Math.fround(1 / absmax);
    own.forEach((value, i) => {
      const code = absmax === 0 ? 7 : nearestCode(Math.fround(value * inverse));
      const place = start + i;
      // The first of two numbers is the upper half of their byte.
      bytes[place >> 1]! |= place % 2 === 0 ? code << 4 : code;
    });
  });
  return { words, scales };
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** What the numbers of a packed weight are multiplied with by hand: the stored number, and its row's scale. */
export interface WidenedRow {
  /** [columns]; with `int8` whole numbers, to be multiplied by `scale`. */
  readonly values: Float32Array;
  readonly scale: number;
}

/**
 * One row of a packed weight.
 *
 * @param rounded whether code·absmax is rounded to bfloat16 (`nf4`); the others' numbers are bfloat16 anyhow.
 */
export function widenRow(
  { words, scales }: PackedNumbers,
  { format, columns }: PackedAttributes,
  row: number,
  rounded: boolean,
): WidenedRow {
  const values = new Float32Array(columns);
  if (format === 'bfloat16') {
    const halves = new Uint16Array(words.buffer, words.byteOffset, words.length * 2);
    const start = row * 2 * Math.ceil(columns / 2);
    for (let i = 0; i < columns; i++) values[i] = fromBfloat16Bits(halves[start + i]!);
    return { values, scale: 1 };
  }
  if (format === 'int8') {
    const bytes = new Int8Array(words.buffer, words.byteOffset, words.length * 4);
    const start = row * 4 * Math.ceil(columns / 4);
    for (let i = 0; i < columns; i++) values[i] = bytes[start + i]!;
    return { values, scale: scales![row]! };
  }
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.length * 4);
  for (let i = 0; i < columns; i++) {
    const place = row * columns + i;
    const byte = bytes[place >> 1]!;
    const code = place % 2 === 0 ? byte >> 4 : byte & 15;
    const value = Math.fround(Math.fround(nf4Values[code]!) * scales![Math.floor(place / nf4Block)]!);
    values[i] = rounded ? toBfloat16(value) : value;
  }
  return { values, scale: 1 };
}
