// Numbers that Python and TypeScript compute alike, so that fixtures need not store weights or pixels.
// The same formula is in tools/reference/policy-qwen/model/formula.py, where it is explained.

function fnv1a(name: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}

export function numbers(name: string, count: number, scale: number, offset = 0): Float32Array {
  const seed = fnv1a(name);
  const result = new Float32Array(count);
  for (let j = 0; j < count; j++) {
    let h = (seed + Math.imul(j, 2654435761)) | 0;
    h ^= h >>> 16;
    h = Math.imul(h, 0x85ebca6b);
    h ^= h >>> 13;
    h = Math.imul(h, 0xc2b2ae35);
    h ^= h >>> 16;
    result[j] = ((2 * (h >>> 0)) / 2 ** 32 - 1) * scale + offset;
  }
  return result;
}

export function parameter(name: string, shape: readonly number[]): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  if (shape.length === 1) return numbers(name, count, 0.2, /norm|ln_q/.test(name) ? 1 : 0);
  if (name.includes('embed_tokens')) return numbers(name, count, 0.1);
  return numbers(name, count, Math.sqrt(3 / (count / (shape[0] as number))));
}

export function pixels(index: number, rows: number, columns: number): Float32Array {
  return numbers(`pixels ${index}`, rows * columns, 1.5);
}
