import { closestName } from '@cppo/checked-options';
import { type Benchmark, benchmarkNamed, benchmarks } from '@cppo/dataset';
import { UserError } from '@cppo/run';

/** A benchmark and where its file is. */
export interface ChosenBenchmark {
  readonly benchmark: Benchmark;
  /** Specification of a data set; where its authors publish it unless another was given. */
  readonly spec: string;
}

const prefix = 'benchmark:';

export function isBenchmarkSpec(data: string): boolean {
  return data.startsWith(prefix);
}

/**
 * Reads specifications of benchmarks, each as `readBenchmarkSpec` takes it.
 *
 * @throws UserError when there is no such benchmark, or one is named twice.
 */
export function readBenchmarkSpecs(data: readonly string[]): ChosenBenchmark[] {
  const chosen = data.flatMap(readBenchmarkSpec);
  const names = chosen.map(({ benchmark }) => benchmark.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UserError(`--data: found benchmark ${twice} twice, expected it once.`);
  return chosen;
}

/**
 * Reads `benchmark:<name>`, `benchmark:<name>=<path or hub id>` and `benchmark:all`.
 *
 * @throws UserError when there is no such benchmark.
 */
export function readBenchmarkSpec(data: string): ChosenBenchmark[] {
  const text = data.slice(prefix.length);
  const equals = text.indexOf('=');
  const name = equals === -1 ? text : text.slice(0, equals);
  if (name === 'all' && equals === -1)
    return benchmarks.map((benchmark) => ({ benchmark, spec: benchmark.spec }));
  const names = benchmarks.map((each) => each.name);
  if (!names.includes(name)) {
    throw new UserError(
      `--data: found ${JSON.stringify(data)}, there is no benchmark "${name}". Did you mean ${closestName(name, names)}? There are ${names.join(', ')}, all.`,
    );
  }
  const benchmark = benchmarkNamed(name);
  const spec = equals === -1 ? benchmark.spec : text.slice(equals + 1);
  if (spec === '')
    throw new UserError(`--data: found ${JSON.stringify(data)}, expected a path or hub id after "=".`);
  return [{ benchmark, spec }];
}
