/** 7.5 GB, 800 MB: powers of ten, as people buy memory and as checkpoints are measured. */
export function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** 1.57 M, 3.75 G. */
export function inUnits(count: number): string {
  return count < 1e9 ? `${(count / 1e6).toFixed(2)} M` : `${(count / 1e9).toFixed(2)} G`;
}
