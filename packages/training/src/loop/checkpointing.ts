import { closeSync, fsyncSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type AdamW, type AdamWMoments, type AdamWState, alone } from '@cppo/grpo';
import {
  type CheckpointState,
  newestCheckpoint,
  type RunDirectory,
  UserError,
  writeAll,
  writeCheckpoint,
} from '@cppo/run';
import type { Session } from '../contract/parts.js';
import type { Encoded } from '../contract/policy.js';
import { notesOf } from '../samples/model-notes.js';
import { isAdapted } from './adapted.js';

/**
 * Saves weights in float32 and the optimiser's moments, so that a resumed run gives the same figures to the
 * last digit. On a cluster the first learner does: all hold the same.
 *
 * @param session policy, optimiser and settings.
 * @param directory of the run.
 * @param step completed steps.
 * @param folder `best` keeps this one alone, beside the checkpoints that a run resumes from.
 */
export async function saveTrainingState<P extends Encoded>(
  session: Session<P>,
  directory: RunDirectory,
  step: number,
  folder: 'checkpoints' | 'best' = 'checkpoints',
): Promise<void> {
  const { policy, optimizer, config, cluster = alone } = session;
  if (cluster.rank > 0) return;
  const notes = notesOf(config);
  await writeCheckpoint(
    directory.file(folder),
    { step, updates: optimizer.steps },
    folder === 'best' ? 1 : config.checkpoint.keep,
    async (target) => {
      const model = join(target, 'model');
      // Adapters by themselves: merged into the weights they could not be trained on.
      if (!isAdapted(policy, config)) await policy.save(model, { dtype: 'float32', notes });
      else {
        const baseModel = policy.origin?.model ?? session.baseModel;
        await policy.saveAdapters(model, { baseModel, notes });
      }
      await writeOptimizer(target, optimizer.state());
    },
  );
}

/**
 * Finds the newest intact checkpoint of a run; damaged ones are skipped with a warning on stderr.
 *
 * @param directory of the run.
 * @returns undefined when the run has not reached its first.
 * @throws UserError when all are damaged: starting over would discard what was logged.
 */
export function findCheckpoint(
  directory: RunDirectory,
): { directory: string; state: CheckpointState } | undefined {
  const damaged: string[] = [];
  const newest = newestCheckpoint(directory.file('checkpoints'), (path, reason) => {
    damaged.push(`${basename(path)}: ${reason}`);
  });
  if (newest === undefined && damaged.length > 0) {
    throw new UserError(
      `--resume: every checkpoint of ${directory.path} is damaged (${damaged.join('; ')}); put one back as it was, or delete ${directory.file('checkpoints')} to begin again.`,
    );
  }
  for (const which of damaged) {
    console.error(`cppo: damaged checkpoint passed over, going on from the one before (${which}).`);
  }
  return newest;
}

/** Moments as float32 one after the other, in the order that optimizer.json lists. */
async function writeOptimizer(directory: string, { step, variables, moments }: AdamWState): Promise<void> {
  writeFileSync(
    join(directory, 'optimizer.json'),
    `${JSON.stringify({ optimizer: 'AdamW', step, variables })}\n`,
  );
  const handle = openSync(join(directory, 'optimizer.f32'), 'w');
  try {
    for await (const { first, second } of moments) {
      for (const values of [first, second])
        writeAll(handle, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * Restores the optimiser's moments from a checkpoint, read one variable at a time.
 *
 * @param optimizer of the same variables.
 * @param checkpoint its folder.
 * @throws whatever `AdamW.restore` throws, when the checkpoint holds other variables.
 */
export async function restoreOptimizer(optimizer: AdamW, checkpoint: string): Promise<void> {
  const { step, variables } = JSON.parse(readFileSync(join(checkpoint, 'optimizer.json'), 'utf8')) as {
    step: number;
    variables: { name: string; size: number }[];
  };
  const handle = openSync(join(checkpoint, 'optimizer.f32'), 'r');
  try {
    const read = (size: number): Float32Array => {
      const values = new Float32Array(size);
      const bytes = new Uint8Array(values.buffer);
      for (let done = 0; done < bytes.length; )
        done += readSync(handle, bytes, done, bytes.length - done, null);
      return values;
    };
    const moments = function* (): Generator<AdamWMoments> {
      for (const { name, size } of variables) yield { name, first: read(size), second: read(size) };
    };
    await optimizer.restore({ step, variables, moments: moments() });
  } finally {
    closeSync(handle);
  }
}
