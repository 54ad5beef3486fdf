import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type EvaluationReport, readEvaluation, readEvaluationCurve } from '../logs/evaluation-log.js';
import type { Measured } from '../logs/measured.js';
import { readMetrics } from '../logs/metrics-log.js';
import { type RunStatus, readSessions, sessionsFile, statusOf } from '../logs/sessions.js';
import type { EvaluationRow, RunPageData, Series } from '../page/page-data.js';
import { messageOf } from '../system-error.js';
import { UserError } from '../user-error.js';
import { sampleRollouts } from './sample-rollouts.js';
import { toSeries } from './series.js';

/**
 * Reads what a page shows of a run directory, in its current state.
 *
 * @param directory of a run.
 * @param options `live`: whether the page is served while the run continues.
 * @returns the data of the page.
 */
export function readRun(directory: string, { live = false } = {}): RunPageData {
  return {
    kind: 'run',
    title: basename(resolve(directory)),
    status: readStatus(directory),
    config: readConfig(directory),
    series: toSeries(readMetrics(join(directory, 'metrics.jsonl'))),
    evaluation: readEvaluationRows(directory),
    heldOut: readHeldOut(directory),
    ...sampleRollouts(join(directory, 'rollouts')),
    live,
  };
}

/** How the run stands: at work, finished, stopped or failed, and what was spent on it. */
export function readStatus(directory: string): RunStatus {
  const metrics = join(directory, 'metrics.jsonl');
  const { steps } = readConfig(directory);
  const finished = (readMetrics(metrics).at(-1)?.step ?? 0) >= steps;
  const lastSign = statSync(existsSync(metrics) ? metrics : join(directory, 'config.json')).mtime;
  return statusOf(directory, readSessions(join(directory, sessionsFile)), finished, lastSign);
}

/** `config.json` of a run. */
export function readConfig(directory: string): RunPageData['config'] {
  const path = join(directory, 'config.json');
  if (!existsSync(path)) throw new UserError(`${directory} holds no run: there is no config.json in it.`);
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UserError(`${path} is not JSON (${messageOf(error)}).`);
  }
}

/** The held-out figures before and after, over all questions and, where there are several, for each task. */
export function readEvaluationRows(directory: string): EvaluationRow[] {
  const before = readEvaluation(directory, 'before');
  const after = readEvaluation(directory, 'after');
  const report = after ?? before;
  if (report === undefined) return [];
  const row = (
    name: string,
    read: (figures: EvaluationReport) => Measured | undefined,
    task = false,
  ): EvaluationRow => {
    const [first, last] = [before && read(before), after && read(after)];
    return {
      name,
      task,
      ...(first === undefined ? {} : { before: first }),
      ...(last === undefined ? {} : { after: last }),
    };
  };
  const k = report.samplesPerQuestion;
  const tasks = Object.keys(report.tasks);
  return [
    row(`avg@${k}`, ({ avg }) => avg),
    row(`maj@${k}`, ({ maj }) => maj),
    row(`pass@${k}`, ({ pass }) => pass[k]),
    row('format', ({ format }) => ({ value: format })),
    ...(tasks.length > 1 ? tasks.map((task) => row(task, ({ tasks: all }) => all[task]?.avg, true)) : []),
  ];
}

/**
 * Reads the held-out figures over the steps of a run that was evaluated during training.
 *
 * @param directory of the run.
 * @returns the steps and a column per figure; empty when it was not.
 */
export function readHeldOut(directory: string): Series {
  return toSeries(readEvaluationCurve(directory));
}
