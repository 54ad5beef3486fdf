import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { permutation } from './permutation.js';

describe('permutation', () => {
  it('is a bijection for every length and seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), fc.integer(), fc.nat(), (length, seed, epoch) => {
        const order = permutation(length, seed, epoch);
        const items = Array.from({ length }, (_, position) => order(position));
        expect(items.sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, item) => item));
      }),
    );
  });

  it('puts every item at every place equally often over seeds', () => {
    // 5 items, 4000 seeds: each cell expects 800 with standard deviation 25; five of them bound it.
    for (const length of [2, 5, 16]) {
      const seeds = 800 * length;
      const counts = new Float64Array(length * length);
      for (let seed = 0; seed < seeds; seed++) {
        const order = permutation(length, seed, 0);
        for (let position = 0; position < length; position++) counts[position * length + order(position)]!++;
      }
      const spread = Math.sqrt(800 * (1 - 1 / length));
      for (const count of counts) expect(Math.abs(count - 800)).toBeLessThan(5 * spread);
    }
  });

  it('leaves no run of neighbours together', () => {
    const order = permutation(10_000, 7, 0);
    let neighbours = 0;
    for (let position = 1; position < 10_000; position++) {
      if (Math.abs(order(position) - order(position - 1)) === 1) neighbours++;
    }
    // A uniform permutation has 2 on average.
    expect(neighbours).toBeLessThan(12);
  });

  it('tells large seeds apart', () => {
    const first = (seed: number): number[] =>
      Array.from({ length: 20 }, (_, at) => permutation(1000, seed)(at));
    expect(first(1)).not.toEqual(first(1 + 2 ** 32));
    expect(first(1)).not.toEqual(first(-1));
  });
});
