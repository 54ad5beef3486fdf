import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunLogger } from '@cppo/trainer';

/** A few figures as a table that any spreadsheet opens. A run that goes on writes it anew. */
export default function csv({ keys = ['reward/mean', 'loss/total'] }: { keys?: string[] }): RunLogger {
  let file = '';
  const row = (metrics: Readonly<Record<string, number>>) =>
    `${['step', ...keys].map((key) => metrics[key] ?? '').join(',')}\n`;
  return {
    start({ directory, earlier }) {
      file = join(directory, 'figures.csv');
      writeFileSync(file, `step,${keys.join(',')}\n${earlier.map(row).join('')}`);
    },
    step: (metrics) => appendFileSync(file, row(metrics)),
  };
}
