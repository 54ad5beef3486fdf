import {
  evaluationMetrics,
  type Loggers,
  type RunDirectory,
  readEvaluatedSteps,
  readEvaluation,
} from '@cppo/run';
import type { Session } from '../contract/parts.js';
import type { Encoded } from '../contract/policy.js';
import type { TrainingSettings } from '../contract/settings.js';
import { saveTrainingState } from './checkpointing.js';
import { evaluateHeldOut } from './evaluation.js';
import { heldOutCourse } from './held-out-course.js';

/** Whether a run is evaluated after a step: after each `every`, and after its last. */
export function isEvaluated<P extends Encoded>({ config, openHeldOut }: Session<P>, step: number): boolean {
  const { every = 0 } = config.evaluation;
  if (every === 0 || step === 0 || openHeldOut === undefined) return false;
  return step % every === 0 || step === config.steps;
}

/**
 * Evaluates a run after a step, tells its loggers, and keeps the checkpoint if none was better. All that it decides is a function
 * of the evaluations in the directory, so a resumed run decides the same.
 *
 * @returns why the run should stop, where `evaluation.patience` is at its end.
 */
export async function evaluateWhileTraining<P extends Encoded, S extends TrainingSettings>(
  session: Session<P, S>,
  directory: RunDirectory,
  step: number,
  loggers: Loggers<S>,
  check: () => Promise<void>,
): Promise<string | undefined> {
  const { evaluation, checkpoint } = session.config;
  const known = readEvaluation(directory.path, step) !== undefined;
  const report = await evaluateHeldOut(session, directory, step, check);
  if (report === undefined) return undefined;
  // Of those before they heard when they were started.
  if (!known) loggers.evaluation(evaluationMetrics(step, report));
  const course = heldOutCourse(readEvaluatedSteps(directory.path));
  if (course === undefined) return undefined;
  if (checkpoint.best && course.best === step) await saveTrainingState(session, directory, step, 'best');
  const { patience = 0 } = evaluation;
  if (patience === 0 || course.sinceBest < patience) return undefined;
  return `held-out accuracy was best after step ${course.best} and no better in ${patience === 1 ? 'the evaluation' : `${patience} evaluations`} since`;
}
