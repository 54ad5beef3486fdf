import type { StoredFormat } from './number-formats.js';

/** Bits of the exponent; where all are set a number is infinite or NaN. */
const exponents = { BF16: 0x7f80, F16: 0x7c00, F32: 0x7f800000 } as const;

/**
 * The index of the first element that is infinite or NaN; −1 when there is none.
 *
 * @param bytes whole little-endian elements of `format`, at any alignment.
 */
export function firstNotFinite(bytes: Uint8Array, format: StoredFormat): number {
  const size = format === 'F32' ? 4 : 2;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const length = aligned.length / size;
  const words =
    format === 'F32'
      ? new Uint32Array(aligned.buffer, aligned.byteOffset, length)
      : new Uint16Array(aligned.buffer, aligned.byteOffset, length);
  const exponent = exponents[format];
  for (let i = 0; i < length; i++) if ((words[i]! & exponent) === exponent) return i;
  return -1;
}
