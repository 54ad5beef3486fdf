/** mulberry32 (public domain): 32 bits of state suffice to draw a control group. */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * `count` different elements of `positions`, uniformly; a function of the seed and the row alone
 * (Fisher–Yates, stopped early).
 */
export function randomPositions(
  positions: readonly number[],
  count: number,
  seed: number,
  row: number,
): readonly number[] {
  const next = generator(Math.imul(seed, 0x9e3779b1) ^ Math.imul(row + 1, 0x85ebca6b));
  const pool = [...positions];
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(next() * (pool.length - i));
    [pool[i], pool[j]] = [pool[j]!, pool[i]!];
  }
  return pool.slice(0, count);
}
