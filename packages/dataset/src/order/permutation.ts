/**
 * Makes a seeded permutation of 0 … length−1 that needs no memory: a Feistel network with cycle walking
 * (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002). Positions are computed independently,
 * so a run resumes in the middle of an epoch at no cost, however large the set.
 *
 * @param length number of items, at most 2^50.
 * @param seeds whole numbers that name the permutation; order matters.
 * @returns position → item, a bijection.
 * @example
 * const shuffled = [0, 1, 2, 3, 4].map(permutation(5, 7));
 * shuffled.toSorted(); // [0, 1, 2, 3, 4]
 */
export function permutation(length: number, ...seeds: readonly number[]): (position: number) => number {
  let halfBits = 2;
  while (4 ** halfBits < length) halfBits++;
  const half = 2 ** halfBits;
  const keys = Array.from({ length: rounds }, (_, round) => hash(...seeds, round));
  return (position) => {
    let value = position;
    do {
      let left = Math.floor(value / half);
      let right = value % half;
      for (const key of keys) {
        const mixed = left ^ (scramble(key ^ Math.imul(right + 1, 0x9e3779b1)) & (half - 1));
        left = right;
        right = mixed;
      }
      value = left * half + right;
    } while (value >= length);
    return value;
  };
}

/** Four rounds are enough in theory; small halves want a few more. */
const rounds = 8;

/** Whole numbers → 32 bits, by the finaliser of MurmurHash3. */
function hash(...numbers: readonly number[]): number {
  let state = 0x2545f491;
  for (const number of numbers) {
    state = scramble(state ^ scramble(number | 0));
    state = scramble(state + Math.imul(Math.floor(number / 2 ** 32) | 0, 0x9e3779b1));
  }
  return state;
}

function scramble(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
