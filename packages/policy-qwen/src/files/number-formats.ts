/** Element types in which weights are read; `data_offsets` and names may hold others, which are refused when read. */
export type StoredFormat = 'BF16' | 'F16' | 'F32';

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

export function isStoredFormat(dtype: string): dtype is StoredFormat {
  return dtype === 'BF16' || dtype === 'F16' || dtype === 'F32';
}

/**
 * Widens little-endian elements to float32, exactly, into `target` from index `start`.
 *
 * @param bytes whole elements of `format`, at any alignment.
 */
export function widen(bytes: Uint8Array, format: StoredFormat, target: Float32Array, start: number): void {
  if (format === 'F32') {
    new Uint8Array(target.buffer, target.byteOffset + start * 4, bytes.length).set(bytes);
    return;
  }
  // A view needs an even offset; a copy has one.
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  const halves = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
  const words = new Uint32Array(target.buffer, target.byteOffset + start * 4, halves.length);
  if (format === 'BF16') {
    for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16;
    return;
  }
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const sign = (half & 0x8000) << 16;
    if ((half & 0x7c00) === 0x7c00) {
      words[i] = sign | 0x7f800000 | ((half & 0x3ff) << 13);
    } else {
      // The fields moved into place read as 2^-112 of the value, since the exponents' biases are 15 and 127;
      // this holds for subnormal numbers too.
      words[i] = (half & 0x7fff) << 13;
      target[start + i]! *= 2 ** 112;
      words[i]! |= sign;
    }
  }
}

/** float32 to bfloat16, to nearest and ties to even, as torch rounds; NaN stays NaN. */
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
