import type { StepMetrics } from '../logs/metrics-log.js';
import type { Series } from '../page/page-data.js';

/**
 * Turns metrics into columns. A run of more than `most` steps becomes the means of equally many consecutive
 * steps, each at its last step: a curve has no more pixels anyway.
 *
 * @param lines one record per step.
 * @param most points of a curve.
 * @returns the steps and a column per figure.
 * @example
 * toSeries([{ step: 1, loss: 3 }, { step: 2, loss: 1 }], 1).columns; // { loss: [2] }
 */
export function toSeries(lines: readonly StepMetrics[], most = 2000): Series {
  const stride = Math.max(1, Math.ceil(lines.length / most));
  const chunks = Array.from({ length: Math.ceil(lines.length / stride) }, (_, i) =>
    lines.slice(i * stride, (i + 1) * stride),
  );
  const names = new Set(lines.flatMap((line) => Object.keys(line)));
  names.delete('step');
  const columns = Object.fromEntries(
    [...names].map((name) => [name, chunks.map((chunk) => mean(chunk, name))]),
  );
  return { steps: chunks.flatMap((chunk) => chunk.at(-1)?.step ?? []), columns, stride };
}

function mean(lines: readonly StepMetrics[], name: string): number | null {
  const known = lines
    .map((line) => line[name])
    .filter((value) => value !== undefined)
    .filter(Number.isFinite);
  if (known.length === 0) return null;
  return Number((known.reduce((sum, value) => sum + value, 0) / known.length).toPrecision(5));
}
