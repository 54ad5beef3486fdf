import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ablationTables, armPlot, learningCurves } from '@cppo/bench';
import { UserError, writeWholeFile } from '@cppo/run';
import { armTables } from '../ablation/arms.js';
import { readResults } from '../ablation/results-file.js';
import { makeOutputDirectory } from './output-file.js';

/** `cppo bench tables`: the results file as tables and plots. The same lines give the same files. */
export function tables({ results, out = dirname(results) }: { results: string; out?: string }): void {
  if (!existsSync(results)) {
    throw new UserError(`--results: there is no file ${results}; cppo bench ablation makes it.`);
  }
  const records = readResults(results);
  const files = made(results, (): [string, string | undefined][] => [
    ['tables.md', ablationTables(records, armTables)],
    ['learning-curves.svg', learningCurves(records, armTables[0]!)],
    ...armTables.map((table): [string, string | undefined] => [
      `${fileName(table.title)}.svg`,
      armPlot(records, table, table.sweep),
    ]),
  ]);
  makeOutputDirectory('--out', out);
  for (const [name, content] of files) {
    if (content === undefined) continue;
    writeWholeFile(join(out, name), content);
    console.log(join(out, name));
  }
}

/** What cannot be compared is a fault of the results file. */
function made<T>(results: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
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
