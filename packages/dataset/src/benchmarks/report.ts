import type { Sample } from '../sample.js';
import type { Benchmark } from './benchmarks.js';

/** One sample with the verdicts on its completions. */
export interface ScoredSample {
  readonly sample: Sample;
  /** k verdicts; the same k for all samples of a benchmark. */
  readonly correct: readonly boolean[];
}

export interface BenchmarkReport {
  readonly benchmark: string;
  readonly title: string;
  readonly samples: number;
  /** k of avg@k. */
  readonly repeats: number;
  /** Share of right completions in [0, 1]: avg@k. */
  readonly accuracy: number;
  /** Heading → value → avg@k and number of samples. */
  readonly groups: Readonly<Record<string, Readonly<Record<string, { accuracy: number; samples: number }>>>>;
  /** The benchmark's own measures: We-Math's four-way analysis, DynaMath's worst case. */
  readonly measures: Readonly<Record<string, number>>;
}

/**
 * Sums up the verdicts on a benchmark: avg@k, overall and by the benchmark's own groups.
 *
 * @param benchmark one of `benchmarks`.
 * @param scored its samples with k verdicts each.
 * @returns accuracies in [0, 1].
 * @throws RangeError when there is no sample, or samples differ in their number of verdicts.
 * @example
 * const sample = { id: '1', question: '2 + 2?', answer: '4', images: [], metadata: {} };
 * benchmarkReport(benchmarkNamed('math-vision'), [{ sample, correct: [true, false] }]).accuracy; // 0.5
 */
export function benchmarkReport(benchmark: Benchmark, scored: readonly ScoredSample[]): BenchmarkReport {
  const repeats = scored[0]?.correct.length ?? 0;
  if (repeats === 0)
    throw new RangeError('benchmarkReport: found no verdict; expected one or more samples with verdicts');
  const odd = scored.find(({ correct }) => correct.length !== repeats);
  if (odd) {
    throw new RangeError(
      `benchmarkReport: found ${odd.correct.length} verdicts for ${odd.sample.id} and ${repeats} for ${scored[0]?.sample.id}; expected the same number`,
    );
  }
  const judged = scored.map(({ sample, correct }) => ({ sample, accuracy: mean(correct.map(Number)) }));
  const groups: Record<string, Record<string, number[]>> = {};
  for (const { sample, accuracy } of judged) {
    for (const [heading, value] of Object.entries(benchmark.groups(sample))) {
      if (value === undefined || value === null) continue;
      for (const each of Array.isArray(value) ? value : [value]) {
        const group = groups[heading] ?? {};
        const accuracies = group[String(each)] ?? [];
        accuracies.push(accuracy);
        groups[heading] = { ...group, [String(each)]: accuracies };
      }
    }
  }
  return {
    benchmark: benchmark.name,
    title: benchmark.title,
    samples: scored.length,
    repeats,
    accuracy: mean(judged.map(({ accuracy }) => accuracy)),
    groups: mapValues(groups, (values) =>
      mapValues(values, (list) => ({ accuracy: mean(list), samples: list.length })),
    ),
    measures: measuresOf(benchmark, scored, repeats),
  };
}

/**
 * Averages the accuracies of several benchmarks, each with the same weight whatever its size: the paper's
 * figure.
 *
 * @param reports one per benchmark.
 * @returns the mean, in [0, 1].
 * @throws RangeError when there is no report.
 * @example
 * averageAccuracy([{ accuracy: 0.25 }, { accuracy: 0.75 }]); // 0.5
 */
export function averageAccuracy(reports: readonly BenchmarkReport[]): number {
  if (reports.length === 0) throw new RangeError('averageAccuracy: found no report; expected one or more');
  return mean(reports.map(({ accuracy }) => accuracy));
}

function measuresOf(
  benchmark: Benchmark,
  scored: readonly ScoredSample[],
  repeats: number,
): Record<string, number> {
  const measure = { 'we-math': fourWays, dynamath: worstCase }[benchmark.name];
  if (!measure) return {};
  const runs = Array.from({ length: repeats }, (_, run) =>
    measure(scored.map(({ sample, correct }) => ({ sample, correct: correct[run]! }))),
  );
  const names = Object.keys(runs[0]!);
  return Object.fromEntries(names.map((name) => [name, mean(runs.map((run) => run[name]!))]));
}

interface Judged {
  readonly sample: Sample;
  readonly correct: boolean;
}

/** DynaMath: a question counts when all its variants (samples of one id) are right. */
function worstCase(judged: readonly Judged[]): Record<string, number> {
  const byId = groupBy(judged, ({ sample }) => sample.id);
  return {
    'worst case': mean(
      [...byId.values()].map((variants) => Number(variants.every(({ correct }) => correct))),
    ),
  };
}

/**
 * We-Math (arXiv:2407.01284): a problem with its single steps is insufficient knowledge (some step and the whole wrong),
 * inadequate generalization (steps right, whole wrong), complete mastery or rote memorization (whole right; strict: some step wrong,
 * loose: all steps wrong). Score = 1 − ½·IG − IK − RM; the share of rote memorization is among problems solved as a whole.
 * Problems without all their rows are left out.
 */
function fourWays(judged: readonly Judged[]): Record<string, number> {
  const counts = { knowledge: 0, generalization: 0, mastery: 0, rote: 0, roteLoose: 0, problems: 0 };
  for (const rows of groupBy(judged, ({ sample }) => String(sample.metadata?.ID)).values()) {
    const key = ({ sample }: Judged): string => String(sample.metadata?.key);
    const whole = rows.find((row) => key(row).endsWith('_multi'));
    const steps = rows.filter((row) => row !== whole).map(({ correct }) => correct);
    if (!whole || steps.length !== Number.parseInt(key(whole), 10)) continue;
    counts.problems++;
    const all = steps.every(Boolean);
    if (!whole.correct) counts[all ? 'generalization' : 'knowledge']++;
    else if (all) counts.mastery++;
    else counts.rote++;
    if (whole.correct && !steps.some(Boolean)) counts.roteLoose++;
  }
  const { knowledge, generalization, mastery, rote, roteLoose, problems } = counts;
  if (problems === 0) return {};
  const solved = mastery + rote;
  const lost = knowledge + generalization / 2;
  return {
    'score (strict)': (problems - lost - rote) / problems,
    'score (loose)': (problems - lost - roteLoose) / problems,
    'insufficient knowledge': knowledge / problems,
    'inadequate generalization': generalization / problems,
    'complete mastery (strict)': mastery / problems,
    'complete mastery (loose)': (solved - roteLoose) / problems,
    'rote memorization (strict)': solved > 0 ? rote / solved : 0,
    'rote memorization (loose)': solved > 0 ? roteLoose / solved : 0,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  map: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
