import type { Estimate } from '../evaluate/estimates.js';
import { mean } from '../evaluate/estimates.js';
import { type Curve, curvePanels } from '../plot/curve-panels.js';
import { plot } from '../plot/plot.js';
import { rowPlot } from '../plot/row-plot.js';
import type { Split } from '../tasks/sample.js';
import type { AblationRecord } from './record.js';
import { armEstimate, baseline, differenceToBaseline, type TableLayout } from './tables.js';

const splits: readonly Split[] = ['in-domain', 'out-of-domain'];

/**
 * Plots the training accuracy of each ten steps, the mean over seeds with their range: one panel per arm,
 * with GRPO in grey.
 *
 * @param records of finished runs.
 * @param layout the arms and their labels.
 * @returns SVG; undefined when there is nothing to plot.
 */
export function learningCurves(records: readonly AblationRecord[], layout: TableLayout): string | undefined {
  const curves = layout.arms.flatMap(({ name }) => {
    const own = records
      .filter((record) => record.arm === name && record.split === 'in-domain' && record.curve.length > 0)
      .map(({ curve }) => curve);
    if (own.length === 0) return [];
    const length = Math.min(...own.map((curve) => curve.length));
    const points = Array.from({ length }, (_, i) => {
      const values = own.map((curve) => 100 * (curve[i] as number));
      return { x: 10 * i + 5, y: mean(values), low: Math.min(...values), high: Math.max(...values) };
    });
    const curve: Curve = { name: `${name}, ${own.length} ${own.length === 1 ? 'seed' : 'seeds'}`, points };
    return [{ arm: name, curve }];
  });
  if (curves.length === 0) return undefined;
  const reference = curves.find(({ arm }) => arm === baseline)?.curve;
  return curvePanels({
    title: `Learning curves: mean and range of the seeds${reference === undefined ? '' : `; grey, ${baseline}`}`,
    xLabel: 'optimiser step',
    yLabel: 'training accuracy, %',
    curves: curves.map(({ curve }) => curve),
    ...(reference === undefined ? {} : { reference }),
  });
}

/**
 * Plots paired differences to GRPO over the values of one setting; without one, plots arms one below another,
 * with accuracies and differences.
 *
 * @param records of finished runs.
 * @param layout the arms and their labels.
 * @param sweep the setting and its value in each arm.
 * @returns SVG; undefined when there is nothing to plot.
 */
export function armPlot(
  records: readonly AblationRecord[],
  layout: TableLayout,
  sweep?: { readonly label: string; readonly values: Readonly<Record<string, number>> },
): string | undefined {
  const run = layout.arms
    .map(({ name }) => name)
    .filter((name) => armEstimate(records, name, 'in-domain') !== undefined);
  if (run.length < 2) return undefined;
  return sweep === undefined ? compared(records, layout, run) : swept(records, layout, run, sweep);
}

function swept(
  records: readonly AblationRecord[],
  { title }: TableLayout,
  run: readonly string[],
  { label, values }: { readonly label: string; readonly values: Readonly<Record<string, number>> },
): string {
  return plot({
    title,
    xLabel: label,
    yLabel: `paired difference to ${baseline}, points`,
    xTicks: run.map((name, at) => ({ at, label: String(values[name] ?? name) })),
    reference: { name: baseline, y: 0 },
    series: splits.map((split) => ({
      name: split,
      points: run.flatMap((name, x) => {
        const found = difference(records, name, split);
        return found === undefined ? [] : [{ x, y: found.value, low: found.low, high: found.high }];
      }),
    })),
  });
}

function compared(
  records: readonly AblationRecord[],
  { title }: TableLayout,
  run: readonly string[],
): string {
  // How far the untrained model is behind would stretch the axis of all others.
  const trained = (name: string): boolean =>
    records.some((record) => record.arm === name && record.steps > 0);
  return rowPlot({
    title,
    rows: run,
    series: splits,
    panels: [
      {
        label: 'avg@8, %',
        series: splits.map((split) => run.map((name) => percent(armEstimate(records, name, split)))),
      },
      {
        label: `paired difference to ${baseline}, points`,
        zero: true,
        series: splits.map((split) =>
          run.map((name) => (trained(name) ? difference(records, name, split) : undefined)),
        ),
      },
    ],
  });
}

/** In points, with the t-interval where there are seeds enough for one. */
function difference(records: readonly AblationRecord[], name: string, split: Split): Estimate | undefined {
  const { seeds, difference: bootstrap, crossed } = differenceToBaseline(records, name, split);
  return seeds === 0 ? undefined : percent(crossed ?? bootstrap);
}

function percent(estimate: Estimate | undefined): Estimate | undefined {
  return estimate && { value: 100 * estimate.value, low: 100 * estimate.low, high: 100 * estimate.high };
}
