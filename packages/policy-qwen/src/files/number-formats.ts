/** Element types in which weights are read; `data_offsets` and names may hold others, which are refused when read. */
export type WeightFormat = 'BF16' | 'F16' | 'F32';

/** Bytes of one element of each type the safetensors format knows. */
export const bytesPerElement: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  F8_E8M0: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
};

export function isWeightFormat(dtype: string): dtype is WeightFormat {
  return dtype === 'BF16' || dtype === 'F16' || dtype === 'F32';
}

/**
 * Widens little-endian elements to float32, exactly, into `target` from index `start`.
 *
 * @param bytes whole elements of `format`, at any alignment.
 */
export function widen(bytes: Uint8Array, format: WeightFormat, target: Float32Array, start: number): void {
  if (format === 'F32') {
    new Uint8Array(target.buffer, target.byteOffset + start * 4, bytes.length).set(bytes);
    return;
  }
  // A view needs an even offset; a copy has one.
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  const halves = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
  if (format === 'F16') {
    const table = float16Values();
    for (let i = 0; i < halves.length; i++) target[start + i] = table[halves[i]!]!;
    return;
  }
  const words = new Uint32Array(target.buffer, target.byteOffset + start * 4, halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16;
}

/** All 65,536 values of IEEE half precision. */
function float16Values(): Float32Array {
  return Float32Array.from({ length: 2 ** 16 }, (_, bits) => {
    const sign = bits >> 15 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/** float32 to bfloat16, to nearest and ties to even, as torch rounds; every NaN becomes torch's. */
export function narrowToBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) {
    const word = words[i]!;
    const notANumber = (word & 0x7fffffff) > 0x7f800000;
    // Half of the last kept place, less one when the kept part is even, carries exactly the upper ties.
    halves[i] = notANumber ? 0x7fc0 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return halves;
}
