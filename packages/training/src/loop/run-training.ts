import { alone } from '@cppo/grpo';
import {
  dropEvaluationsAfter,
  dropRolloutsAfter,
  Loggers,
  MetricsLog,
  pruneCheckpoints,
  type RunDirectory,
  type RunOutcome,
  RunStopped,
  readEvaluationCurve,
  readMetrics,
  type StepMetrics,
  UserError,
  writeRollouts,
} from '@cppo/run';
import { alignWeights } from '../cluster/align-weights.js';
import type { Session } from '../contract/parts.js';
import type { Encoded } from '../contract/policy.js';
import type { SamplerWeights } from '../contract/sampler.js';
import type { TrainingSettings } from '../contract/settings.js';
import { Progress } from '../progress/progress.js';
import { stepFigures } from '../progress/step-figures.js';
import { SampledAhead } from '../step/sampled-ahead.js';
import { runStep } from '../step/step.js';
import type { StepResult } from '../step/summary.js';
import { dumpBrokenStep } from './broken-step.js';
import { saveTrainingState } from './checkpointing.js';
import { EqualRewards } from './equal-rewards.js';
import { evaluateWhileTraining, isEvaluated } from './evaluate-while-training.js';
import { asInterrupted } from './interruption.js';
import { ProcessFigures } from './process-figures.js';
import { timeOf } from './time-of.js';

/**
 * Runs the remaining steps of a session, and leaves metrics, rollouts and checkpoints in the directory.
 *
 * A checkpoint is written after its step's metrics, so a process killed between the two repeats that step;
 * what was logged of steps after the checkpoint is dropped on resuming. On a cluster every learner runs the steps, and
 * the first writes.
 *
 * @param session all that the run holds open.
 * @param directory of the run.
 * @param first steps completed earlier; with 0 no checkpoint need exist.
 * @param check throws when the run was asked to stop.
 * @param signal interrupts long work when the run was asked to stop.
 * @returns the completed steps, and why it ended before the last one, where it did.
 * @throws Interrupted after writing a checkpoint, when the run was asked to stop.
 * @throws RunStopped after writing a checkpoint and a dump, when too many consecutive steps were not finite
 *   or not judged.
 */
export async function runTraining<P extends Encoded, S extends TrainingSettings>(
  session: Session<P, S>,
  directory: RunDirectory,
  first: number,
  check: () => Promise<void> = async () => {},
  signal?: AbortSignal,
): Promise<{ readonly done: number; readonly ended?: string }> {
  const { config, cluster = alone } = session;
  if (cluster.size > 1 && session.components.sampler.elsewhere === true) {
    throw new UserError(
      `rollout.sampler: found one that samples on another engine, and ${cluster.size} learners; expected the policy to sample: each learner would hand its weights to the engine.`,
    );
  }
  const metricsFile = directory.file('metrics.jsonl');
  const metricsLog = new MetricsLog(metricsFile, first);
  const kept = readMetrics(metricsFile);
  const rollouts = directory.file('rollouts');
  dropRolloutsAfter(rollouts, first);
  dropEvaluationsAfter(directory.path, first);
  pruneCheckpoints(directory.file('checkpoints'), first, config.checkpoint.keep);

  const progress = new Progress('training', config.steps, {
    first,
    everyLine: true,
    shown: cluster.rank === 0,
  });
  const loggers = new Loggers(session.loggers, (message) => progress.say(message));
  loggers.start({
    config,
    directory: directory.path,
    earlier: kept,
    evaluated: readEvaluationCurve(directory.path),
  });
  let outcome: RunOutcome = 'failed';
  let done = first;
  let saved = first === 0 ? -1 : first;
  let broken = brokenAtEnd(kept);
  // A run of few steps is broken when all of them are.
  const mostBroken = Math.min(config.stopAfterBroken, config.steps);
  const processFigures = new ProcessFigures();
  const equal = new EqualRewards(config.steps);
  for (const metrics of kept) equal.after(metrics);
  const { sampler } = session.components;
  const ahead = (config.rollout.ahead ?? 0) > 0 ? new SampledAhead<P>() : undefined;
  const save = async () => {
    if (saved === done) return;
    await saveTrainingState(session, directory, done);
    saved = done;
  };
  const run = async () => {
    while (true) {
      if (isEvaluated(session, done)) {
        // Whatever stops the evaluation, the steps before it are done.
        await save();
        const ended = await evaluateWhileTraining(session, directory, done, loggers, check);
        if (ended !== undefined && done < config.steps) return `stopped early: ${ended}`;
      }
      if (done >= config.steps) break;
      await check();
      await sampler.weightsChanged?.({ version: done, saveAdapters: adaptersOf(session) });
      cluster.figures(); // of what came between the steps
      const result = await runStep(session, done + 1, check, signal, ahead);
      const metrics = { ...result.metrics, ...processFigures.measure(), ...cluster.figures() };
      writeRollouts(rollouts, done + 1, result.records);
      metricsLog.append(metrics);
      loggers.step(metrics);
      done++;
      broken = result.broken === undefined ? 0 : broken + 1;
      const stopping = broken >= mostBroken;
      // Save before reporting, so a reported step is durable.
      if (stopping || done % config.checkpoint.every === 0) {
        if (await alignWeights(session))
          progress.say(`step ${done}: the learners rounded differently; all took the weights of learner 0`);
        await save();
      }
      if (done === first + 1 && config.steps > done) {
        progress.say(timeOf(result.metrics['seconds/step'] ?? 0, config.steps - done));
      }
      const nothingToLearn = equal.after(result.metrics);
      for (const warning of [...result.warnings, ...(nothingToLearn === undefined ? [] : [nothingToLearn])])
        progress.say(`step ${done}: ${warning}`);
      progress.update(done, stepFigures(metrics));
      if (stopping) await stop(result);
    }
    await save();
    return undefined;
  };
  const stop = async (result: StepResult) => {
    const dump = await dumpBrokenStep(directory, session.policy, result);
    throw new RunStopped(
      `stopped at step ${done}: ${result.broken}${broken === 1 ? '' : `, and ${broken} steps in a row made no update`}; ${dump} holds what there is to look at.`,
    );
  };
  try {
    const ended = await run();
    outcome = 'finished';
    if (ended !== undefined) progress.say(`step ${done}: ${ended}`);
    return { done, ...(ended !== undefined && { ended }) };
  } catch (error) {
    if (asInterrupted(error) !== undefined) {
      outcome = 'stopped';
      // Between steps only: after any other error the weights may be those of a step that was not logged.
      await save();
    }
    throw error;
  } finally {
    await ahead?.stop();
    await sampler.close?.();
    await loggers.finish(outcome);
    progress.stop();
  }
}

/** Writes the adapters as they are for whoever samples with them. */
function adaptersOf<P extends Encoded>({ policy, baseModel }: Session<P>): SamplerWeights['saveAdapters'] {
  return (directory) => policy.saveAdapters(directory, { baseModel: policy.origin?.model ?? baseModel });
}

/** Steps at the end of a run's metrics that made no update though one was due. */
function brokenAtEnd(metrics: readonly StepMetrics[]): number {
  const last = metrics.findLastIndex((line) => line['gradient/broken'] !== 1);
  return metrics.length - 1 - last;
}
