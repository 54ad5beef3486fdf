import type { ComparisonPageData } from '../page/comparison-data.js';
import { percent, signed } from '../page/format.js';
import { inColumns } from './columns.js';

/**
 * Writes compared runs as tables for a terminal.
 *
 * @param data what the page shows.
 * @returns a table of the results, and one of the settings that differ.
 */
export function comparisonText({ arms, runs, measure, settings }: ComparisonPageData): string {
  const points = (share: number) => signed(share * 100, 1);
  const results = arms.map(({ name, result, difference }, arm) => [
    name,
    String(runs.filter((run) => run.arm === arm).length),
    percent(result?.value),
    difference === undefined
      ? '–'
      : `${points(difference.value)} (${points(difference.low)} to ${points(difference.high)})`,
  ]);
  const tables = [
    inColumns(['configuration', 'runs', measure ?? 'accuracy', 'points against the first'], results),
  ];
  if (settings.length > 0) {
    tables.push(
      inColumns(
        ['key', ...arms.map(({ name }) => name)],
        settings.map(({ key, values }) => [key, ...values]),
      ),
    );
  }
  return tables.join('\n\n');
}
