/** A size of memory as people write it. */
export const memorySize = /^(\d+(?:\.\d+)?)\s*(kB|MB|GB|TB|KiB|MiB|GiB|TiB)$/i;

const units: Readonly<Record<string, number>> = {
  ...{ kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 },
  ...{ kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 },
};

/** Bytes of `12GB` or `800 MiB`; undefined when the text is no such size or is zero. */
export function parseMemorySize(text: string): number | undefined {
  const [, number, unit = ''] = memorySize.exec(text.trim()) ?? [];
  const bytes = Math.floor(Number(number) * (units[unit.toLowerCase()] ?? Number.NaN));
  return bytes > 0 ? bytes : undefined;
}
