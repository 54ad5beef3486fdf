import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fork, seededRandom, uniform, wholeNumber } from './random.js';

describe('seededRandom', () => {
  it('gives the sequence recorded in the first release', () => {
    const random = seededRandom('run', 7, 'sample-1', 0);
    expect([random.bits(), random.bits(), random.bits()]).toEqual([1406393812, 2112128525, 1034021526]);
    expect([random.next(), random.next()]).toEqual([0.20582619309425354, 0.9243625153321773]);
  });

  it.each([
    [['a', 'b'], ['ab']],
    [
      ['a', 'b'],
      ['b', 'a'],
    ],
    [[1], ['1']],
    [[1, 2], [12]],
    [['a', ''], ['a']],
    [[0], [1]],
    [[0.5], [0.25]],
    [[], ['']],
  ])('tells %j from %j', (left, right) => {
    expect(seededRandom(...left).bits()).not.toBe(seededRandom(...right).bits());
  });

  it('refuses numbers that are not finite', () => {
    expect(() => seededRandom('run', Number.NaN)).toThrow(
      new RangeError('seededRandom: part is NaN; expected a string or a finite number.'),
    );
  });

  it('is uniform, from seeds that differ by one too', () => {
    const bins = new Array<number>(64).fill(0);
    for (let seed = 0; seed < 1000; seed++) {
      const random = seededRandom(seed);
      for (let draw = 0; draw < 64; draw++) bins[Math.floor(random.next() * 64)]!++;
    }
    // χ² with 63 degrees of freedom: mean 63, deviation 11.2.
    const chiSquared = bins.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquared).toBeGreaterThan(63 - 4 * 11.2);
    expect(chiSquared).toBeLessThan(63 + 4 * 11.2);
  });

  it('forks into generators of their own', () => {
    const first = fork(seededRandom(1), 'one');
    const second = fork(seededRandom(1), 'two');
    expect(first.bits()).not.toBe(second.bits());
  });
});

describe('draws', () => {
  it('stay within their ends', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: -1000, max: 1000 }), fc.nat(1000), (seed, low, spread) => {
        const random = seededRandom(seed);
        const whole = wholeNumber(random, low, low + spread);
        const real = uniform(random, low, low + spread);
        expect(Number.isInteger(whole)).toBe(true);
        expect(whole).toBeGreaterThanOrEqual(low);
        expect(whole).toBeLessThanOrEqual(low + spread);
        expect(real).toBeGreaterThanOrEqual(low);
        expect(real).toBeLessThanOrEqual(low + spread);
      }),
    );
  });

  it('reach both ends of a range of whole numbers', () => {
    const random = seededRandom('ends');
    const seen = new Set(Array.from({ length: 200 }, () => wholeNumber(random, 2, 5)));
    expect([...seen].sort()).toEqual([2, 3, 4, 5]);
  });
});
