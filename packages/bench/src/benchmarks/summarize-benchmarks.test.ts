import { expect, it } from 'vitest';
import { readBenchmarkSpecs } from './benchmark-spec.js';
import type { BenchmarkResult } from './run-benchmark.js';
import { benchmarksInWords, summarizeBenchmarks } from './summarize-benchmarks.js';

const result = (benchmark: string, title: string, accuracy: number): BenchmarkResult => ({
  ...{ benchmark, title, accuracy, samples: 4, repeats: 2, measures: {}, groups: {} },
  ...{ format: 1, truncated: 0, tokens: 3, skipped: [], settings: {} },
});
const two = [
  { ...result('mathvista', 'MathVista', 0.25), skipped: [{ row: 7, reason: 'no picture' }] },
  { ...result('we-math', 'We-Math', 0.75), measures: { strict: 0.5 } },
];

it('sums up benchmarks in the plain mean of their accuracies', () => {
  expect(summarizeBenchmarks(two)).toEqual({
    ...{ average: 0.5, complete: false },
    benchmarks: { mathvista: 0.25, 'we-math': 0.75 },
  });
});

it('tells them in lines', () => {
  expect(benchmarksInWords(two).split('\n')).toEqual([
    'MathVista           25.0 %  avg@2 of 4 questions, 1 left out',
    'We-Math             75.0 %  avg@2 of 4 questions',
    '  strict                        50.0 %',
    'average             50.0 %  over 2 of 7 benchmarks',
  ]);
});

it('takes each benchmark once', () => {
  expect(readBenchmarkSpecs(['benchmark:mathvista', 'benchmark:we-math=a.jsonl'])).toHaveLength(2);
  expect(() => readBenchmarkSpecs(['benchmark:all', 'benchmark:we-math'])).toThrow(
    '--data: found benchmark we-math twice, expected it once.',
  );
});
