import type { RunDirectory } from '../run/directory.js';
import { MetricsLog, readMetrics } from '../run/metrics-log.js';
import { dropRolloutsAfter, writeRollouts } from '../run/rollout-log.js';
import { TensorBoardLog } from '../run/tensorboard.js';
import { saveTrainingState } from './checkpointing.js';
import { Progress } from './progress.js';
import type { Session } from './session.js';
import { runStep } from './step.js';

/**
 * Runs the steps of a session that are still to do, leaving metrics, rollouts and checkpoints in the directory.
 *
 * A checkpoint is written after its step's metrics, so a process killed between the two repeats that step; what was
 * logged of steps after the checkpoint is dropped on resuming.
 *
 * @throws Interrupted after writing a checkpoint, when the run was asked to stop.
 */
export async function runTraining(
  session: Session,
  directory: RunDirectory,
  first: number,
  check: () => Promise<void>,
): Promise<void> {
  const { config } = session;
  const metricsFile = directory.file('metrics.jsonl');
  const metricsLog = new MetricsLog(metricsFile, first);
  const tensorBoard = new TensorBoardLog(directory.path, readMetrics(metricsFile));
  const rollouts = directory.file('rollouts');
  dropRolloutsAfter(rollouts, first);

  const progress = new Progress('training', config.steps, first);
  let done = first;
  let saved = first;
  const save = async () => {
    if (saved === done) return;
    await saveTrainingState(session, directory, done);
    saved = done;
  };
  try {
    while (done < config.steps) {
      await check();
      const { metrics, records } = await runStep(session, done + 1, check);
      writeRollouts(rollouts, done + 1, records);
      metricsLog.append(metrics);
      tensorBoard.append(metrics);
      done++;
      if (done % config.checkpoint.every === 0) await save();
      progress.update(done, figures(metrics));
    }
  } finally {
    progress.stop();
    await save();
  }
}

function figures(metrics: Readonly<Record<string, number>>): string {
  const show = (key: string, digits: number) => metrics[key]?.toFixed(digits) ?? '–';
  return [
    `reward ${show('reward/mean', 3)}`,
    `accuracy ${show('reward/accuracy', 2)}`,
    `loss ${show('loss/total', 4)}`,
    `${show('completion/length', 0)} tokens`,
    `${show('seconds/step', 1)} s`,
  ].join(' · ');
}
