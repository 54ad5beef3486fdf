import { rmSync } from 'node:fs';
import type { Report } from '@cppo/bench';
import { alone, together } from '@cppo/grpo';
import {
  evaluationPath,
  isRunStopped,
  ModuleError,
  type RunDirectory,
  readEvaluation,
  type SessionLog,
  stoppedByDisk,
  unwritable,
  writeLeftOut,
  writeReport,
} from '@cppo/run';
import type { Session } from '../contract/parts.js';
import type { Encoded } from '../contract/policy.js';
import type { TrainingSettings } from '../contract/settings.js';
import { notesOf } from '../samples/model-notes.js';
import { findCheckpoint, saveTrainingState } from './checkpointing.js';
import { evaluateHeldOut, keepEvaluation } from './evaluation.js';
import { asInterrupted, type Interrupted, Interruption } from './interruption.js';
import { runTraining } from './run-training.js';

/** A run that did all of its steps. */
export interface FinishedRun {
  readonly stopped?: undefined;
  /** Why it ended before the last of its steps. */
  readonly ended?: string;
  /** Of the held-out questions, where there are some. */
  readonly before: Report | undefined;
  readonly after: Report | undefined;
  /** Path of its page. */
  readonly report: string;
}

/** A run that was asked to stop, and can resume from its checkpoint. */
export interface StoppedRun {
  readonly stopped: Interrupted;
}

/**
 * Carries out a whole run: evaluation, training, the trained model, evaluation, page. Ctrl-C and SIGTERM stop
 * it between phases, with a checkpoint. On a cluster every learner carries it out: the first writes, and where one is
 * stopped or fails, so do all.
 *
 * @param session all that the run holds open.
 * @param directory of the run.
 * @param first steps completed earlier.
 * @param log of the run's sessions; records how this one ended.
 * @returns the figures of a finished run, or where a stopped one can resume.
 * @throws RunStopped when it cannot continue: a full disk, broken steps, questions that cannot be asked.
 * @throws ModuleError when a custom component failed; the message says how to resume.
 */
export async function carryOut<P extends Encoded, S extends TrainingSettings>(
  session: Session<P, S>,
  directory: RunDirectory,
  first: number,
  log: SessionLog,
): Promise<FinishedRun | StoppedRun> {
  const interruption = new Interruption();
  try {
    return await finish(session, directory, first, log, interruption);
  } catch (error) {
    throw stoppedByDisk(withWayOn(error, directory.path), directory.path);
  } finally {
    interruption.dispose();
  }
}

async function finish<P extends Encoded, S extends TrainingSettings>(
  session: Session<P, S>,
  directory: RunDirectory,
  first: number,
  log: SessionLog,
  interruption: Interruption,
): Promise<FinishedRun | StoppedRun> {
  const { config, policy, source, cluster = alone } = session;
  const check = () => interruption.check();
  try {
    return await together(cluster, async () => {
      writeLeftOut(directory.file('left-out.jsonl'), 'data.train', source.skipped);
      // Once it has been trained the model can no longer say how it was before.
      const before =
        first === 0
          ? await evaluateHeldOut(session, directory, 'before', check)
          : readEvaluation<Report>(directory.path, 'before');
      // A resumed run is evaluated again at its new end.
      if (first < config.steps) rmSync(directory.file(evaluationPath('after')), { force: true });
      const { done, ended } = await runTraining(session, directory, first, check, interruption.signal);
      if (cluster.rank === 0) {
        const notes = notesOf(config);
        await policy.save(directory.file('model'), { dtype: 'bfloat16', overwrite: true, notes });
      }
      // What its last step was evaluated to is what the run came to.
      const last = readEvaluation<Report>(directory.path, done);
      if (last !== undefined) keepEvaluation(directory, 'after', last);
      const after = await evaluateHeldOut(session, directory, 'after', check);
      log.end('finished', ended);
      const report = writeReport(directory);
      // None leaves while another may still fail.
      await cluster.gather('finished');
      return { ...(ended && { ended }), before, after, report };
    });
  } catch (error) {
    const interrupted = asInterrupted(error);
    if (interrupted === undefined) {
      sayEnding(log, directory, error);
      throw error;
    }
    // None exists when stopped before the first step.
    if (findCheckpoint(directory) === undefined) await saveTrainingState(session, directory, 0);
    log.end('stopped', interrupted.signal === 'SIGINT' ? 'Ctrl-C' : interrupted.signal);
    writeReport(directory);
    return { stopped: interrupted };
  }
}

/** By its name: the connection belongs to another package. The run resumes from its last checkpoint. */
function isPeerLost(error: unknown): boolean {
  return error instanceof Error && error.name === 'PeerLostError';
}

/** Leaves it on the page of the run; a disk that takes nothing any more must not hide what went wrong. */
function sayEnding(log: SessionLog, directory: RunDirectory, error: unknown): void {
  const { message } = stoppedByDisk(error, directory.path) as Error;
  // The page says the step and the way on by itself.
  const reason = message.replace(/^stopped at step \d+: |[;,][^;,]* resume with: .*$/g, '');
  try {
    log.end(isRunStopped(error) || isPeerLost(error) ? 'stopped' : 'failed', reason);
    writeReport(directory);
  } catch (second) {
    if (unwritable(second) === undefined) throw second;
  }
}

/** A module that failed in the middle of a run can be fixed, and the run resumed. */
function withWayOn(error: unknown, directory: string): unknown {
  if (!(error instanceof ModuleError)) return error;
  const sentence = error.message.replace(/\.$/, '');
  return new ModuleError(
    `${sentence}; progress is kept; fix it and resume with: cppo train --resume ${directory}`,
  );
}
