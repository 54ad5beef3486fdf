import { averageAccuracy, benchmarks } from '@cppo/dataset';
import type { BenchmarkResult } from './run-benchmark.js';

/** Several benchmarks in one figure, as `average.json` holds it. */
export interface BenchmarkSummary {
  /** Plain mean of their accuracies, as in the paper. */
  readonly average: number;
  /** Whether they are all seven, which the paper's average is over. */
  readonly complete: boolean;
  /** Accuracies by name. */
  readonly benchmarks: Readonly<Record<string, number>>;
}

/**
 * Sums up benchmarks.
 *
 * @param results one for each.
 * @returns the mean of their accuracies, and each.
 */
export function summarizeBenchmarks(results: readonly BenchmarkResult[]): BenchmarkSummary {
  return {
    average: averageAccuracy(results),
    complete: results.length === benchmarks.length,
    benchmarks: Object.fromEntries(results.map(({ benchmark, accuracy }) => [benchmark, accuracy])),
  };
}

/**
 * Tells the results of benchmarks on a terminal.
 *
 * @param results one for each.
 * @returns lines: each with its measures, then their average.
 */
export function benchmarksInWords(results: readonly BenchmarkResult[]): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`.padStart(8);
  const lines = results.flatMap(({ title, accuracy, samples, repeats, skipped, measures }) => [
    `${title.padEnd(18)}${percent(accuracy)}  avg@${repeats} of ${samples} questions${skipped.length > 0 ? `, ${skipped.length} left out` : ''}`,
    ...Object.entries(measures).map(([name, value]) => `  ${name.padEnd(28)}${percent(value)}`),
  ]);
  const over = `${results.length} of ${benchmarks.length} benchmarks`;
  return [...lines, `${'average'.padEnd(18)}${percent(averageAccuracy(results))}  over ${over}`].join('\n');
}
