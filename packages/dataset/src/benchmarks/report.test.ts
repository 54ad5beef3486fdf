import { describe, expect, it } from 'vitest';
import { averageAccuracy, benchmarkNamed, benchmarkReport, type ScoredSample } from '../index.js';

function scored(id: string, metadata: Record<string, unknown>, ...correct: boolean[]): ScoredSample {
  return { sample: { id, question: '', answer: '', images: [], metadata }, correct };
}

describe('benchmarkReport', () => {
  it('averages over samples and repeats, and by heading', () => {
    const report = benchmarkReport(benchmarkNamed('math-vision'), [
      scored('1', { subject: 'algebra', level: 1 }, true, true),
      scored('2', { subject: 'algebra', level: 2 }, true, false),
      scored('3', { subject: 'geometry', level: 2 }, false, false),
    ]);
    expect(report).toMatchObject({ samples: 3, repeats: 2, accuracy: 0.5, measures: {} });
    expect(report.groups).toEqual({
      subject: { algebra: { accuracy: 0.75, samples: 2 }, geometry: { accuracy: 0, samples: 1 } },
      level: { 1: { accuracy: 1, samples: 1 }, 2: { accuracy: 0.25, samples: 2 } },
    });
  });

  it("gives We-Math's four ways as its authors define them", () => {
    const problem = (id: string, steps: readonly boolean[], whole: boolean): ScoredSample[] => [
      ...steps.map((right, at) => scored(id, { ID: id, key: `${steps.length}steps_${at + 1}` }, right)),
      scored(id, { ID: id, key: `${steps.length}steps_multi` }, whole),
    ];
    const report = benchmarkReport(benchmarkNamed('we-math'), [
      ...problem('mastery', [true, true], true),
      ...problem('generalization', [true, true, true], false),
      ...problem('knowledge', [true, false], false),
      ...problem('rote, strict only', [true, false, true], true),
      ...problem('rote, loose too', [false, false], true),
      // A step is missing: left out.
      ...problem('incomplete', [true, true], true).slice(1),
    ]);
    // Score = (5 − 0.5·IG − RM − IK) / 5.
    expect(report.measures).toEqual({
      'score (strict)': (5 - 0.5 - 2 - 1) / 5,
      'score (loose)': (5 - 0.5 - 1 - 1) / 5,
      'insufficient knowledge': 0.2,
      'inadequate generalization': 0.2,
      'complete mastery (strict)': 0.2,
      'complete mastery (loose)': 0.4,
      'rote memorization (strict)': 2 / 3,
      'rote memorization (loose)': 1 / 3,
    });
  });

  it("gives DynaMath's worst case over variants of a question", () => {
    const report = benchmarkReport(benchmarkNamed('dynamath'), [
      scored('1', {}, true, true),
      scored('1', {}, true, false),
      scored('2', {}, true, true),
      scored('2', {}, true, true),
    ]);
    expect(report.accuracy).toBe(7 / 8);
    expect(report.measures['worst case']).toBe(0.75);
  });

  it('averages benchmarks whatever their sizes', () => {
    const report = (right: boolean, samples: number) =>
      benchmarkReport(
        benchmarkNamed('logicvista'),
        Array.from({ length: samples }, () => scored('', {}, right)),
      );
    expect(averageAccuracy([report(true, 1), report(false, 9)])).toBe(0.5);
  });

  it('wants the same number of verdicts for all', () => {
    const benchmark = benchmarkNamed('logicvista');
    expect(() => benchmarkReport(benchmark, [])).toThrow('found no verdict');
    expect(() => benchmarkReport(benchmark, [scored('a', {}, true), scored('b', {}, true, true)])).toThrow(
      'found 2 verdicts for b and 1 for a',
    );
  });
});
