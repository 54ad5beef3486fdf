import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readMetrics } from '../logs/metrics-log.js';
import { sessionsFile } from '../logs/sessions.js';
import type { RunUpdate } from '../page/page-data.js';
import { readConfig, readEvaluationRows, readHeldOut, readStatus } from '../report/read-run.js';
import { rolloutFiles, sampleRollouts } from '../report/sample-rollouts.js';
import { toSeries } from '../report/series.js';

/** Steps of which a page that fell behind gets the rollouts. */
const mostSteps = 10;
/** Groups of a step that it gets, those with pictures first. */
const limits = { steps: 1, groups: 8, characters: 500_000 };

/** A text that changes when a run directory has something new to show: steps are logged last of all. */
export function stateOf(directory: string): string {
  return ['metrics.jsonl', 'evaluation-before.json', 'evaluation-after.json', 'evaluations', sessionsFile]
    .map((name) => {
      const found = statSync(join(directory, name), { throwIfNoEntry: false });
      return found === undefined ? '' : `${found.size}@${found.mtimeMs}`;
    })
    .join(' ');
}

/** The run as it is by now, with the rollouts of the steps after `step`. */
export function updateAfter(directory: string, step: number, ended: boolean): RunUpdate {
  const rollouts = join(directory, 'rollouts');
  const files = rolloutFiles(rollouts);
  const fresh = files.filter((name) => stepOf(name) > step).slice(-mostSteps);
  const groups = fresh.flatMap((name) => sampleRollouts(rollouts, limits, [name]).groups);
  return {
    status: readStatus(directory),
    series: toSeries(readMetrics(join(directory, 'metrics.jsonl'))),
    evaluation: readEvaluationRows(directory),
    heldOut: readHeldOut(directory),
    groups,
    rolledOut: { steps: files.length, groups: files.length * groupsAStep(directory, files) },
    ended,
  };
}

/** The step that a file of rollouts is of. */
function stepOf(name: string): number {
  return Number(/\d+/.exec(name)?.[0] ?? 0);
}

function groupsAStep(directory: string, files: readonly string[]): number {
  const { rollout } = readConfig(directory);
  if (rollout !== undefined) return rollout.prompts;
  return sampleRollouts(join(directory, 'rollouts'), limits, files.slice(-1)).rolledOut.groups;
}
