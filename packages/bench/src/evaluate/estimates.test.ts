import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrapDifference, bootstrapMean, majority, passAtK } from './estimates.js';

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);

describe('passAtK', () => {
  it('is 1 − C(n−c, k)/C(n, k)', () => {
    // 1 − C(5, 4)/C(8, 4) = 1 − 5/70; 1 − C(7, 2)/C(8, 2) = 1 − 21/28.
    expect(passAtK(8, 3, 4)).toBeCloseTo(1 - 5 / 70, 12);
    expect(passAtK(8, 1, 2)).toBeCloseTo(0.25, 12);
    for (let n = 1; n <= 12; n++) {
      for (let c = 0; c <= n; c++) {
        for (let k = 1; k <= n; k++) {
          const wrong = k > n - c ? 0 : choose(n - c, k) / choose(n, k);
          expect(passAtK(n, c, k)).toBeCloseTo(1 - wrong, 10);
        }
      }
    }
  });

  it('at 1 is the mean accuracy', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), fc.nat(), (n, draw) => {
        const c = draw % (n + 1);
        expect(passAtK(n, c, 1)).toBeCloseTo(c / n, 10);
      }),
    );
  });

  it('refuses more than was sampled', () => {
    expect(() => passAtK(8, 3, 9)).toThrow('passAtK: n = 8, c = 3, k = 9; expected 1 ≤ k ≤ n and 0 ≤ c ≤ n.');
  });
});

describe('majority', () => {
  const votes = (text: string, right: string): { vote: string | null; correct: boolean }[] =>
    [...text].map((vote) => ({ vote: vote === '-' ? null : vote, correct: vote === right }));

  it('counts the most frequent answer, not the answers', () => {
    expect(majority(votes('aaabbccc', 'b'))).toBe(0);
    expect(majority(votes('aaaabbcc', 'a'))).toBe(1);
  });

  it('gives ties their chance and ignores answers without a vote', () => {
    expect(majority(votes('aabb----', 'a'))).toBe(0.5);
    expect(majority(votes('--------', 'a'))).toBe(0);
    expect(majority(votes('abcd', 'd'))).toBe(0.25);
  });
});

describe('bootstrapMean', () => {
  it('has the interval that the normal approximation gives for many questions', () => {
    // 400 questions, half right: standard error 0.5/√400 = 0.025, so about ±0.049.
    const values = Array.from({ length: 400 }, (_, i) => i % 2);
    const { value, low, high } = bootstrapMean(values, { seed: 3 });
    expect(value).toBe(0.5);
    expect(low).toBeGreaterThan(0.5 - 1.15 * 0.049);
    expect(low).toBeLessThan(0.5 - 0.85 * 0.049);
    expect(high).toBeGreaterThan(0.5 + 0.85 * 0.049);
    expect(high).toBeLessThan(0.5 + 1.15 * 0.049);
  });

  it('is the same for the same seed, exact for equal values, NaN for none', () => {
    expect(bootstrapMean([0, 1, 1], { seed: 5 })).toEqual(bootstrapMean([0, 1, 1], { seed: 5 }));
    expect(bootstrapMean([0.5, 0.5, 0.5])).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
    expect(bootstrapMean([]).value).toBeNaN();
  });

  it('is narrower when questions are paired', () => {
    const before = Array.from({ length: 200 }, (_, i) => (i % 10) / 10);
    const after = before.map((value) => value + 0.05);
    const { low, high } = bootstrapDifference(before, after);
    expect(low).toBeCloseTo(0.05, 10);
    expect(high).toBeCloseTo(0.05, 10);
    expect(() => bootstrapDifference([1], [1, 2])).toThrow(RangeError);
  });
});
