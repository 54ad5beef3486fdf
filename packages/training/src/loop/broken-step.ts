import { writeFileSync } from 'node:fs';
import type { RunDirectory } from '@cppo/run';
import type { Encoded, TrainedPolicy } from '../contract/policy.js';
import type { StepResult } from '../step/summary.js';

/**
 * Dumps a step whose loss or gradient was not finite, or that nothing was judged in, as `dump/step-…/`: `report.json` with
 * the reason, the step's figures and every variable that is not finite, and `groups.jsonl` with the whole batch.
 * (The checkpoint beside it holds the weights; resuming from it repeats the step.)
 *
 * @returns the directory.
 */
export async function dumpBrokenStep(
  directory: RunDirectory,
  policy: Pick<TrainedPolicy<Encoded>, 'variables'>,
  { metrics, records, broken }: StepResult,
): Promise<string> {
  const folder = ['dump', `step-${String(metrics.step).padStart(6, '0')}`];
  const variables: { name: string; shape: number[]; notFinite: number; largest: number }[] = [];
  for (const variable of policy.variables) {
    const values = await variable.data();
    let notFinite = 0;
    let largest = 0;
    for (const value of values) {
      if (!Number.isFinite(value)) notFinite++;
      else if (Math.abs(value) > largest) largest = Math.abs(value);
    }
    variables.push({ name: variable.name, shape: variable.shape, notFinite, largest });
  }
  const report = {
    step: metrics.step,
    reason: broken,
    // JSON has no NaN.
    metrics: Object.fromEntries(
      Object.entries(metrics).map(([key, value]) => [key, Number.isFinite(value) ? value : String(value)]),
    ),
    variables: variables.sort((a, b) => b.notFinite - a.notFinite || b.largest - a.largest),
  };
  writeFileSync(directory.file(...folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(
    directory.file(...folder, 'groups.jsonl'),
    records.map((record) => `${JSON.stringify(record)}\n`).join(''),
  );
  return directory.file(...folder);
}
