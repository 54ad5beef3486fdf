/**
 * A number of bytes in powers of ten, as people buy memory and as checkpoints are measured.
 *
 * @param bytes 0 or more.
 * @returns such as `7.5 GB` or `800 MB`, megabytes rounded up.
 */
export function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/**
 * A number of parameters.
 *
 * @param count 0 or more.
 * @returns such as `1.57 M` or `3.75 G`.
 */
export function inUnits(count: number): string {
  return count < 1e9 ? `${(count / 1e6).toFixed(2)} M` : `${(count / 1e9).toFixed(2)} G`;
}
