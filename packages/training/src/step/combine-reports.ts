import type { StepReport } from '@cppo/grpo';

/**
 * Several updates in one report. What counts or lasts is added up, the rest is the mean of the updates; but extremes are
 * extremes, and `policy/logProbDifference` is that of the first, where sampler and trainer still have the same weights.
 */
export function combineReports(reports: readonly StepReport[]): StepReport {
  const trained = reports.filter(({ metrics }) => metrics['groups/scored'] !== 0);
  const skipped = (trained.length > 0 ? trained : reports).find(
    (report) => report.skipped !== undefined,
  )?.skipped;
  const keys = new Set(reports.flatMap(({ metrics }) => Object.keys(metrics)));
  const metrics: Record<string, number> = {};
  for (const key of keys) {
    const values = reports.map((report) => report.metrics[key]).filter((value) => value !== undefined);
    metrics[key] = combine(key, values);
  }
  return { ...(skipped === undefined ? {} : { skipped }), metrics: { ...metrics, updates: reports.length } };
}

function combine(key: string, values: readonly number[]): number {
  if (key === 'policy/logProbDifference') return values[0]!;
  if (key.endsWith('/ratioMin')) return Math.min(...values);
  if (key.endsWith('/ratioMax')) return Math.max(...values);
  const sum = values.reduce((total, value) => total + value, 0);
  return added.test(key) ? sum : sum / values.length;
}

const added = /^seconds\/|^(groups|tokens)\/scored$|^cppo\/(gated|tokens)$/;
