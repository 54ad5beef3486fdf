import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Measured } from './measured.js';
import type { StepMetrics } from './metrics-log.js';

/** Figures over the questions of one task, or over all; accuracies are shares from 0 to 1. */
export interface EvaluationFigures {
  /** k, answers sampled for each question. */
  readonly samplesPerQuestion: number;
  /** Mean accuracy of an answer. */
  readonly avg: Measured;
  /** Accuracy of the most frequent answer. */
  readonly maj: Measured;
  /** Share of questions with a right answer among j, by j; k is one of them. */
  readonly pass: Readonly<Record<number, Measured>>;
  /** Mean reward for the format. */
  readonly format: number;
}

/** What an evaluation file holds. */
export interface EvaluationReport extends EvaluationFigures {
  /** The same for each task, where the samples name one. */
  readonly tasks: Readonly<Record<string, EvaluationFigures>>;
  /** Mean accuracy of the answers to each question, in their order: what runs are compared by. */
  readonly accuracies?: readonly number[];
}

/** A moment at which a run is evaluated: before it, after it, or after that many of its steps. */
export type EvaluationMoment = 'before' | 'after' | number;

/** The evaluation after some steps of a run. */
export interface EvaluatedStep {
  readonly step: number;
  readonly report: EvaluationReport;
}

const folder = 'evaluations';
const nameOf = (step: number) => `step-${String(step).padStart(6, '0')}.json`;

/**
 * Returns the path of an evaluation inside a run directory.
 *
 * @param moment of the run.
 * @returns a relative path.
 * @example
 * evaluationPath('before'); // 'evaluation-before.json'
 */
export function evaluationPath(moment: EvaluationMoment): string {
  return typeof moment === 'number' ? join(folder, nameOf(moment)) : `evaluation-${moment}.json`;
}

/**
 * Reads the evaluation of a moment.
 *
 * @typeParam R what was written, where that has more figures than are known here.
 * @param directory of the run.
 * @param moment of the run.
 * @returns the report; undefined when there is none.
 */
export function readEvaluation<R extends EvaluationReport = EvaluationReport>(
  directory: string,
  moment: EvaluationMoment,
): R | undefined {
  const path = join(directory, evaluationPath(moment));
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/**
 * Reads the evaluations made during training, by step.
 *
 * @param directory of the run.
 * @returns the reports in the order of their steps.
 */
export function readEvaluatedSteps(directory: string): EvaluatedStep[] {
  return evaluatedSteps(directory).flatMap((step) => {
    const report = readEvaluation(directory, step);
    return report === undefined ? [] : [{ step, report }];
  });
}

/**
 * Removes the evaluations of steps after the checkpoint from which a run resumes.
 *
 * @param directory of the run.
 * @param step of the checkpoint.
 */
export function dropEvaluationsAfter(directory: string, step: number): void {
  for (const later of evaluatedSteps(directory).filter((each) => each > step))
    rmSync(join(directory, evaluationPath(later)));
}

/**
 * Converts an evaluation to figures for curves and loggers: `evaluation/accuracy`, …
 *
 * @param step completed steps.
 * @param report of the evaluation.
 * @returns a record in the form of `metrics.jsonl`.
 */
export function evaluationMetrics(
  step: number,
  { avg, maj, pass, format, ...rest }: EvaluationReport,
): StepMetrics {
  const best = pass[rest.samplesPerQuestion];
  return {
    step,
    'evaluation/accuracy': avg.value,
    'evaluation/majority': maj.value,
    ...(best === undefined ? {} : { 'evaluation/pass': best.value }),
    'evaluation/format': format,
  };
}

/**
 * Reads the curve of a run that was evaluated during training, from before its first step.
 *
 * @param directory of the run.
 * @returns its points; none when it was not evaluated during training.
 */
export function readEvaluationCurve(directory: string): StepMetrics[] {
  const during = readEvaluatedSteps(directory);
  const before = readEvaluation(directory, 'before');
  if (during.length === 0) return [];
  const points = before === undefined ? during : [{ step: 0, report: before }, ...during];
  return points.map(({ step, report }) => evaluationMetrics(step, report));
}

function evaluatedSteps(directory: string): number[] {
  const path = join(directory, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .flatMap((name) => /^step-(\d+)\.json$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}
