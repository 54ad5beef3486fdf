import { duration } from '../duration.js';
import { percent } from '../page/format.js';
import type { RunSummary } from '../report/summarize-run.js';
import { inColumns } from './columns.js';

/**
 * Writes runs as a table for a terminal.
 *
 * @param runs as `summarizeRun` reads them.
 * @returns a heading, and a line for each.
 */
export function runsText(runs: readonly RunSummary[]): string {
  const rows = runs.map((run) => {
    const { directory, objective, model, data, seed, done, steps, status, result, tags, note } = run;
    const { before, after } = result ?? {};
    const shares = [before, after].flatMap((measured) =>
      measured === undefined ? [] : [percent(measured.value)],
    );
    return [
      directory,
      status.state,
      `${done}/${steps}`,
      objective ?? '–',
      model ?? '–',
      data ?? '–',
      seed === undefined ? '–' : String(seed),
      shares.length === 0 ? '–' : `${result?.name} ${shares.join(' → ')}`,
      status.seconds === undefined ? '–' : duration(status.seconds),
      [...tags.map((tag) => `#${tag}`), ...(note === undefined ? [] : [note])].join(' '),
    ];
  });
  return inColumns(
    ['run', 'state', 'steps', 'objective', 'model', 'data', 'seed', 'held out', 'time', 'labels'],
    rows,
  );
}
