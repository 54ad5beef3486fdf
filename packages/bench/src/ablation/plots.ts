import { mean } from '../evaluate/estimates.js';
import { plot } from '../plot/plot.js';
import type { Split } from '../tasks/sample.js';
import type { AblationRecord } from './record.js';
import { armEstimate, type TableLayout } from './tables.js';

/** Training accuracy of each ten steps, mean over the seeds, with the range of the seeds. */
export function learningCurves(records: readonly AblationRecord[], layout: TableLayout): string | undefined {
  const series = layout.arms.flatMap(({ name }) => {
    const curves = records
      .filter((record) => record.arm === name && record.split === 'in-domain' && record.curve.length > 0)
      .map(({ curve }) => curve);
    if (curves.length === 0) return [];
    const length = Math.min(...curves.map((curve) => curve.length));
    const points = Array.from({ length }, (_, i) => {
      const values = curves.map((curve) => 100 * (curve[i] as number));
      return { x: 10 * i + 5, y: mean(values), low: Math.min(...values), high: Math.max(...values) };
    });
    return [{ name: `${name} (${curves.length})`, points }];
  });
  if (series.length === 0) return undefined;
  const last = Math.max(...series.flatMap(({ points }) => points.map(({ x }) => x)));
  const every = last > 150 ? 40 : 20;
  return plot({
    title: 'Learning curves (number of seeds; bars are their range)',
    xLabel: 'step',
    yLabel: 'training accuracy, %',
    xTicks: Array.from({ length: Math.floor(last / every) + 2 }, (_, i) => ({
      at: i * every,
      label: String(i * every),
    })),
    series,
  });
}

/** avg@8 of the arms of a table on both splits; joined in order when they are values of one setting. */
export function armPlot(
  records: readonly AblationRecord[],
  layout: TableLayout,
  sweep?: { readonly label: string; readonly values: Readonly<Record<string, number>> },
): string | undefined {
  const run = layout.arms.filter(({ name }) => armEstimate(records, name, 'in-domain') !== undefined);
  if (run.length < 2) return undefined;
  const series = (['in-domain', 'out-of-domain'] satisfies Split[]).map((split) => ({
    name: split,
    points: run.flatMap(({ name }, x) => {
      const estimate = armEstimate(records, name, split);
      return estimate === undefined
        ? []
        : [{ x, y: 100 * estimate.value, low: 100 * estimate.low, high: 100 * estimate.high }];
    }),
  }));
  return plot({
    title: layout.title,
    xLabel: sweep?.label ?? '',
    yLabel: 'avg@8, %',
    joined: sweep !== undefined,
    xTicks: run.map(({ name }, at) => ({ at, label: String(sweep?.values[name] ?? name) })),
    series,
  });
}
