import { existsSync } from 'node:fs';
import { UserError } from '@cppo/run';
import { type ArmTable, armTables } from './arms.js';
import { armPlot, learningCurves } from './plots.js';
import { readResults } from './results-file.js';
import { ablationTables } from './tables.js';

/**
 * A results file as tables and plots, by file name. The same lines give the same files.
 *
 * @throws UserError when there is no such file, or its lines cannot be compared.
 */
export function ablationFiles(
  results: string,
  tables: readonly ArmTable[] = armTables,
): Record<string, string> {
  if (!existsSync(results)) {
    throw new UserError(`--results: there is no file ${results}; cppo bench ablation makes it.`);
  }
  const records = readResults(results);
  if (records.length === 0) {
    throw new UserError(`--results: ${results} has no line; cppo bench ablation adds them.`);
  }
  try {
    const [main] = tables as readonly [ArmTable, ...ArmTable[]];
    const plots = [
      ['learning-curves.svg', learningCurves(records, main)] as const,
      ...tables.map(
        (table) => [`${fileName(table.title)}.svg`, armPlot(records, table, table.sweep)] as const,
      ),
    ];
    const drawn = plots.flatMap(([name, svg]) => (svg === undefined ? [] : [[name, svg] as const]));
    return Object.fromEntries([['tables.md', ablationTables(records, tables)], ...drawn]);
  } catch (error) {
    // What cannot be compared is a fault of the results file.
    if (error instanceof RangeError) throw new UserError(`--results: ${results}: ${error.message}`);
    throw error;
  }
}

function fileName(title: string): string {
  return title
    .replace('λ', 'lambda')
    .replace('ρ', 'rho')
    .toLowerCase()
    .replace(/[^a-z]+/g, '-');
}
