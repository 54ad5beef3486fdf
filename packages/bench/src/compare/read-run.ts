import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type RunSummary,
  readEvaluation,
  readHeldOut,
  readMetrics,
  type Series,
  summarizeRun,
  toSeries,
} from '@cppo/run';

/** Points of a curve among others. */
const mostPoints = 400;

/** A run as it is compared. */
export interface ReadRun extends RunSummary {
  readonly config: Readonly<Record<string, unknown>>;
  readonly series: Series;
  readonly heldOut: Series;
  /** Held-out accuracy of each question after training, in their order, where the run kept it. */
  readonly accuracies: readonly number[] | undefined;
  /** Equal for runs that were asked the same questions. */
  readonly asked: string;
}

/** @throws UserError when the directory holds no run. */
export function readRun(directory: string): ReadRun {
  const summary = summarizeRun(directory);
  const config = readJson(directory, 'config.json');
  const { data, evaluation } = config;
  const known = existsSync(join(directory, 'data.json')) ? readJson(directory, 'data.json') : {};
  return {
    ...summary,
    config,
    series: toSeries(readMetrics(join(directory, 'metrics.jsonl')), mostPoints),
    heldOut: readHeldOut(directory),
    accuracies: readEvaluation(directory, 'after')?.accuracies,
    asked: JSON.stringify([
      isRecord(data) ? data.eval : null,
      isRecord(evaluation) ? evaluation.questions : null,
      known['data.eval'] ?? null,
    ]),
  };
}

function readJson(directory: string, name: string): Readonly<Record<string, unknown>> {
  const found: unknown = JSON.parse(readFileSync(join(directory, name), 'utf8'));
  return isRecord(found) ? found : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
