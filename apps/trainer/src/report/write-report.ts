import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Report } from '@cppo/bench';
import type { Config } from '../config/schema.js';
import type { RunDirectory } from '../run/directory.js';
import { readMetrics } from '../run/metrics-log.js';
import { readShownGroups } from '../run/rollout-log.js';
import { writeWholeFile } from '../run/whole-file.js';
import { type EvaluationRow, reportHtml } from './report.js';

/** Writes report.html from what the run directory holds by now. */
export function writeReport(directory: RunDirectory, config: Config): string {
  const path = directory.file('report.html');
  writeWholeFile(
    path,
    reportHtml({
      title: basename(directory.path),
      config,
      metrics: readMetrics(directory.file('metrics.jsonl')),
      evaluation: evaluationRows(readEvaluation(directory, 'before'), readEvaluation(directory, 'after')),
      groups: readShownGroups(directory.file('rollouts')),
    }),
  );
  return path;
}

function readEvaluation(directory: RunDirectory, name: string): Report | undefined {
  const path = directory.file(`evaluation-${name}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

function evaluationRows(before: Report | undefined, after: Report | undefined): EvaluationRow[] {
  const report = after ?? before;
  if (report === undefined) return [];
  const row = (name: string, read: (figures: Report) => number | undefined): EvaluationRow => {
    const [first, last] = [before && read(before), after && read(after)];
    return {
      name,
      ...(first === undefined ? {} : { before: first }),
      ...(last === undefined ? {} : { after: last }),
    };
  };
  const k = report.samplesPerQuestion;
  const tasks = Object.keys(report.tasks);
  return [
    row(`avg@${k}`, ({ avg }) => avg.value),
    row(`pass@${k}`, ({ pass }) => pass[k]?.value),
    row(`maj@${k}`, ({ maj }) => maj.value),
    row('format', ({ format }) => format),
    ...(tasks.length > 1
      ? tasks.map((task) => row(`avg@${k}, ${task}`, ({ tasks: all }) => all[task]?.avg.value))
      : []),
  ];
}
