import { nf4Values, type PackedAttributes, type PackedFormat } from '../kernels/packed-weight.js';

// Packed weights number by number, from what their formats say; see `packedShapes`.

/** A weight in few bits, and the matrix that it stands for. */
export interface PlainWeight extends PackedAttributes {
  readonly words: Int32Array;
  /** None for bfloat16. */
  readonly scales: Float32Array | undefined;
  /** The number at a place; of int8 the whole number, which `scale` of the row belongs to. */
  readonly stored: (row: number, column: number) => number;
  readonly scale: (row: number) => number;
}

/** The nearest bfloat16, of two equally near the one whose last bit is 0. */
export function nearestBfloat16(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  // Numbers below 2⁻¹²⁶ have all one spacing.
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), -126);
  const spacing = 2 ** (exponent - 7);
  const rounded = halfEven(Math.abs(value) / spacing) * spacing;
  return Math.sign(value) * (rounded < 2 ** 128 ? rounded : Infinity);
}

function halfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}

const view = new DataView(new ArrayBuffer(4));

function bitsOf(value: number): number {
  view.setFloat32(0, value);
  return view.getUint32(0);
}

/** Of two equally near values of nf4 the lesser. */
function nearestPlace(value: number): number {
  let place = 0;
  while (place < 15 && value > Math.fround((nf4Values[place]! + nf4Values[place + 1]!) / 2)) place++;
  return place;
}

/** A packed weight whose matrix is nearest to `numbers` [rows, columns]. */
export function packPlainly(
  numbers: Float32Array,
  format: PackedFormat,
  rows: number,
  columns: number,
): PlainWeight {
  const at = (row: number, column: number) => row * columns + column;
  const most = (from: number, to: number) =>
    numbers.subarray(from, to).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const attributes = { format, rows, columns };
  if (format === 'bfloat16') {
    const words = new Int32Array(rows * Math.ceil(columns / 2));
    const stored = (row: number, column: number) => nearestBfloat16(numbers[at(row, column)]!);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const half = bitsOf(stored(row, column)) >>> 16;
        words[row * Math.ceil(columns / 2) + (column >> 1)]! |= half << (column % 2 === 0 ? 0 : 16);
      }
    }
    return { ...attributes, words, scales: undefined, stored, scale: () => 1 };
  }
  if (format === 'int8') {
    const words = new Int32Array(rows * Math.ceil(columns / 4));
    const scales = Float32Array.from({ length: rows }, (_, row) => most(at(row, 0), at(row + 1, 0)) / 127);
    const scale = (row: number) => scales[row]!;
    const stored = (row: number, column: number) =>
      scale(row) === 0 ? 0 : halfEven(Math.fround(numbers[at(row, column)]! / scale(row)));
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const byte = stored(row, column) & 255;
        words[row * Math.ceil(columns / 4) + (column >> 2)]! |= byte << (8 * (column % 4));
      }
    }
    return { ...attributes, words, scales, stored, scale };
  }
  const count = rows * columns;
  const words = new Int32Array(Math.ceil(count / 8));
  const scales = Float32Array.from({ length: Math.ceil(count / 64) }, (_, block) =>
    most(64 * block, 64 * block + 64),
  );
  const places = numbers.map((value, i) => {
    const scale = scales[i >> 6]!;
    return scale === 0 ? 7 : nearestPlace(Math.fround(value * Math.fround(1 / scale)));
  });
  // In each byte the earlier number has the high half.
  places.forEach((place, i) => {
    words[i >> 3]! |= place << (8 * ((i >> 1) % 4) + (i % 2 === 0 ? 4 : 0));
  });
  const stored = (row: number, column: number) => {
    const i = at(row, column);
    return Math.fround(Math.fround(nf4Values[places[i]!]!) * scales[i >> 6]!);
  };
  return { ...attributes, words, scales, stored, scale: () => 1 };
}
