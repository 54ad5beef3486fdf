import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import fixture from '../__fixtures__/statistics.json' with { type: 'json' };
import { detectionQuality, tokensInSpans } from './detection-quality.js';

describe('detectionQuality', () => {
  it('counts over the tokens of all completions', () => {
    // Hits 2, detected 4, positives 3.
    const quality = detectionQuality([
      { detected: [1, 1, 0, 0], truth: [1, 0, 1, 0] },
      { detected: [0, 1, 1], truth: [0, 1, 0] },
    ]);
    expect(quality).toEqual({
      tokens: 7,
      positives: 3,
      detected: 4,
      precision: 0.5,
      recall: 2 / 3,
      f1: 4 / 7,
      rocAuc: Number.NaN,
    });
  });

  it.each(fixture.detection)('is that of scikit-learn', ({ truth, scores, detected, ...expected }) => {
    const quality = detectionQuality([{ truth, scores, detected }]);
    for (const measure of ['precision', 'recall', 'f1', 'rocAuc'] as const) {
      expect(quality[measure], measure).toBeCloseTo(expected[measure], 12);
    }
  });

  it('agrees with counting all pairs, ties half', () => {
    const token = fc.record({ score: fc.integer({ min: 0, max: 5 }), positive: fc.boolean() });
    fc.assert(
      fc.property(fc.array(token, { minLength: 2, maxLength: 40 }), (drawn) => {
        const pairs = drawn
          .filter(({ positive }) => positive)
          .flatMap((one) =>
            drawn
              .filter(({ positive }) => !positive)
              .map((other) => (one.score > other.score ? 1 : one.score === other.score ? 0.5 : 0)),
          );
        fc.pre(pairs.length > 0);
        const { rocAuc } = detectionQuality([
          {
            truth: drawn.map(({ positive }) => positive),
            detected: drawn.map(() => false),
            scores: drawn.map(({ score }) => score),
          },
        ]);
        expect(rocAuc).toBeCloseTo(pairs.reduce<number>((sum, value) => sum + value, 0) / pairs.length, 10);
      }),
    );
  });

  it('names the completion whose arrays disagree', () => {
    expect(() => detectionQuality([{ truth: [1, 0], detected: [1] }])).toThrow(
      'completion 0 has 2 truths, 1 detections and no scores',
    );
  });
});

describe('tokensInSpans', () => {
  it('marks the tokens that hold a character of a span', () => {
    const pieces = ['<think', '>I', ' see', ' ', '3', ' red', ',', ' ', '12', ''];
    // "<think>I see 3 red, 12": 3 is [13, 14), 12 is [20, 22).
    expect(
      tokensInSpans(pieces, [
        [13, 14],
        [20, 22],
      ])
        .map((inside, i) => (inside ? pieces[i] : ''))
        .join('|'),
    ).toBe('||||3||||12|');
  });
});
