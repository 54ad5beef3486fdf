import { describe, expect, it } from 'vitest';
import fixture from '../__fixtures__/statistics.json' with { type: 'json' };
import { randomFrom } from '../tasks/random.js';
import { crossedInterval, studentT } from './crossed-interval.js';
import { bootstrapRuns } from './paired.js';

describe('studentT', () => {
  it.each(fixture.studentT)('is scipy’s for $probability and $freedom', ({ probability, freedom, value }) => {
    expect(studentT(probability, freedom) / value).toBeCloseTo(1, 9);
  });
});

describe('crossedInterval', () => {
  it.each(fixture.crossed)('is that of numpy and scipy', ({ runs, confidence, value, low, high }) => {
    const found = crossedInterval(runs, { confidence });
    expect(found?.value).toBeCloseTo(value, 10);
    expect(found?.low).toBeCloseTo(low, 8);
    expect(found?.high).toBeCloseTo(high, 8);
  });

  it('has none for one run, and no width where nothing differs', () => {
    expect(crossedInterval([[0, 1, 2]])).toBeUndefined();
    expect(crossedInterval([[1], [2]])).toBeUndefined();
    expect(crossedInterval([])).toBeUndefined();
    expect(
      crossedInterval([
        [0.5, 0.5],
        [0.5, 0.5],
      ]),
    ).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
    expect(() => crossedInterval([[1, 2], [1]])).toThrow('runs of 2, 1 questions');
  });

  /** Share of 400 simulated experiments whose true mean, 0, is in the interval. */
  function coverage(
    interval: (runs: number[][]) => { low: number; high: number } | undefined,
    { seeds, ofSeed, ofQuestion }: { seeds: number; ofSeed: number; ofQuestion: number },
  ): number {
    const random = randomFrom(`coverage ${seeds} ${ofSeed} ${ofQuestion}`);
    const normal = (): number =>
      Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
    let inside = 0;
    for (let i = 0; i < 400; i++) {
      const questions = Array.from({ length: 60 }, () => ofQuestion * normal());
      const runs = Array.from({ length: seeds }, () => {
        const shift = ofSeed * normal();
        return questions.map((question) => shift + question + 0.2 * normal());
      });
      const { low, high } = interval(runs) as { low: number; high: number };
      if (low <= 0 && high >= 0) inside++;
    }
    return inside / 400;
  }

  // Sampling error of a coverage of 0.95 over 400 experiments: 0.011.
  it.each([
    { seeds: 3, ofSeed: 0.06, ofQuestion: 0.05 },
    { seeds: 5, ofSeed: 0.06, ofQuestion: 0.05 },
    { seeds: 3, ofSeed: 0.005, ofQuestion: 0.2 },
    { seeds: 5, ofSeed: 0.02, ofQuestion: 0.15 },
  ])(
    'covers the truth in 95 % for $seeds seeds that differ by $ofSeed and questions by $ofQuestion',
    (spread) => {
      const found = coverage(crossedInterval, spread);
      expect(found).toBeGreaterThan(0.92);
      expect(found).toBeLessThan(0.985);
    },
  );

  it('is needed: the percentile bootstrap of three seeds that differ covers too little', () => {
    const spread = { seeds: 3, ofSeed: 0.06, ofQuestion: 0.05 };
    const found = coverage((runs) => bootstrapRuns(runs, { resamples: 200 }), spread);
    expect(found).toBeLessThan(0.9);
  });
});
