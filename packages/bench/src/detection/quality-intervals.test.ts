import { describe, expect, it } from 'vitest';
import { qualityWithIntervals } from './quality-intervals.js';

describe('qualityWithIntervals', () => {
  it('has no width when every question is the same', () => {
    const question = [{ truth: [1, 0, 0, 1], detected: [1, 1, 0, 0], scores: [3, 2, 1, 0] }];
    const { precision, recall, f1, rocAuc } = qualityWithIntervals(
      Array.from({ length: 20 }, () => question),
    );
    for (const estimate of [precision, recall, f1, rocAuc]) {
      expect(estimate).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
    }
  });

  it('keeps the completions of a question together: copies of one do not narrow it', () => {
    const good = { truth: [1, 0], detected: [1, 0], scores: [1, 0] };
    const bad = { truth: [1, 0], detected: [0, 1], scores: [0, 1] };
    const questions = Array.from({ length: 10 }, (_, i) => [i < 5 ? good : bad]);
    const copied = questions.map(([example]) => Array.from({ length: 6 }, () => example as typeof good));
    expect(
      qualityWithIntervals(copied).rocAuc.high - qualityWithIntervals(copied).rocAuc.low,
    ).toBeGreaterThan(0.4);
    expect(qualityWithIntervals(copied).recall).toEqual(qualityWithIntervals(questions).recall);
  });
});
