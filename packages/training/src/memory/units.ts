/**
 * Formats bytes as 7.5 GB or 800 MB: powers of ten, as memory is sold and checkpoints are measured.
 *
 * @param bytes a number of bytes.
 * @returns the text.
 * @example
 * gigabytes(7.5e9); // '7.5 GB'
 */
export function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/**
 * Formats a count as 1.57 M or 3.75 G.
 *
 * @param count a number.
 * @returns the text.
 * @example
 * inUnits(3.75e9); // '3.75 G'
 */
export function inUnits(count: number): string {
  return count < 1e9 ? `${(count / 1e6).toFixed(2)} M` : `${(count / 1e9).toFixed(2)} G`;
}
