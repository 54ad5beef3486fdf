import { describe, expect, it } from 'vitest';
import { detectionQuality } from './detection-quality.js';
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

describe('a resample', () => {
  it('has the area that counting its questions again gives, ties and all', () => {
    const example = (scores: number[], truth: number[]) => ({ scores, truth, detected: truth.map(() => 0) });
    const questions = [
      [example([0.1, 0.5, 0.5, 0.9], [0, 1, 0, 1])],
      [example([0.2, 0.5, 0.7], [1, 0, 0]), example([0.5, 0.1], [1, 0])],
    ];
    // Two questions: a resample is one of them twice, or both; the ends of the interval are the extremes.
    const areas = questions.map((question) => detectionQuality([...question, ...question]).rocAuc);
    const { low, high } = qualityWithIntervals(questions, { confidence: 1 }).rocAuc;
    expect([low, high]).toEqual([Math.min(...areas), Math.max(...areas)]);
  });
});
