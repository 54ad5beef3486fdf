import { compareRuns } from '@cppo/bench/experiments';
import { checkOutputFile, comparisonText, findRuns, pageHtml, UserError, writeWholeFile } from '@cppo/run';

/** `cppo compare`: a page of runs beside one another. */
export function compare(runs: readonly string[], options: { out: string; json?: boolean }): void {
  checkOutputFile('--out', options.out);
  const found = [...new Set(runs.flatMap(runsOf))];
  if (found.length < 2) {
    throw new UserError(`compare: found ${found.length === 0 ? 'no run' : 'one run'}, expected two or more.`);
  }
  const compared = compareRuns(found, {
    title: found.length > 4 ? `${found.length} runs` : found.join(', '),
  });
  writeWholeFile(options.out, pageHtml(compared));
  if (options.json) {
    const { arms, settings, measure } = compared;
    const told = compared.runs.map(({ series: _, ...run }) => run);
    console.log(JSON.stringify({ measure, arms, runs: told, settings }));
  } else console.log(`${comparisonText(compared)}\n\n${options.out}`);
}

/** A run itself, or those in a folder. */
function runsOf(path: string): string[] {
  const found = findRuns(path);
  if (found.length === 0) throw new UserError(`${path} holds no run: there is no config.json in it.`);
  return found;
}
