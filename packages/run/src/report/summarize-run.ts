import { basename, join, resolve } from 'node:path';
import { type RunLabels, readLabels } from '../logs/labels.js';
import { readMetrics } from '../logs/metrics-log.js';
import type { RunStatus } from '../logs/sessions.js';
import type { EvaluationRow } from '../page/page-data.js';
import { readConfig, readEvaluationRows, readStatus } from './read-run.js';

/** A run in a line. */
export interface RunSummary extends RunLabels {
  /** Its directory, and the name of that. */
  readonly directory: string;
  readonly name: string;
  readonly objective?: string;
  readonly model?: string;
  readonly data?: string;
  readonly seed?: number;
  /** Steps that are done, and that are to be done. */
  readonly done: number;
  readonly steps: number;
  readonly status: RunStatus;
  /** Mean reward of the last ten steps. */
  readonly reward?: number;
  /** Held-out accuracy over all questions, before and after. */
  readonly result?: EvaluationRow;
}

/**
 * Says in a line how a run stands.
 *
 * @param directory of the run.
 * @returns what it is, how far it came and what it gained.
 * @throws UserError when the directory holds no run.
 */
export function summarizeRun(directory: string): RunSummary {
  const { objective, model, data, seed, steps } = readConfig(directory);
  const metrics = readMetrics(join(directory, 'metrics.jsonl'));
  const rewards = metrics.slice(-10).flatMap((line) => line['reward/mean'] ?? []);
  const [result] = readEvaluationRows(directory);
  return {
    directory,
    name: basename(resolve(directory)),
    ...(objective === undefined ? {} : { objective: objective.type }),
    ...(model === undefined ? {} : { model }),
    ...(data === undefined ? {} : { data: String(data.train) }),
    ...(seed === undefined ? {} : { seed }),
    done: metrics.at(-1)?.step ?? 0,
    steps,
    status: readStatus(directory),
    ...(rewards.length === 0
      ? {}
      : { reward: rewards.reduce((sum, value) => sum + value, 0) / rewards.length }),
    ...(result === undefined ? {} : { result }),
    ...readLabels(directory),
  };
}
