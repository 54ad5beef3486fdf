import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '@cppo/engine';
import { QwenEncoder, type QwenPolicy } from '@cppo/policy-qwen';
import { isUserError, newestCheckpoint, UserError } from '@cppo/run';
import { type ModelNotes, notesOf } from '@cppo/training';
import { holdsAdapter } from '../adapted.js';
import { validate } from '../config/load.js';
import { hubAccess } from '../hub-access.js';
import { loadQwen } from '../load-qwen.js';
import { refuseUse, roomOf } from '../memory/fit.js';
import { largestOf } from '../memory/prompt-size.js';
import { modelSource } from '../model-source.js';
import { startEngineFor } from '../session/session.js';
import { checkOutputDirectory } from './output-file.js';

/** What a run's configuration says that the model was trained with. */
function notesOfRun(run: string): ModelNotes {
  return notesOf(validate(JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'))));
}

/** `cppo export`: the newest checkpoint of a run as a model directory that the Python world reads. */
export async function exportModel(options: {
  run: string;
  out: string;
  dtype: 'bfloat16' | 'float32';
}): Promise<void> {
  if (!existsSync(join(options.run, 'config.json'))) {
    throw new UserError(`--run: ${options.run} holds no run: there is no config.json in it.`);
  }
  if (existsSync(options.out))
    throw new UserError(`--out: ${options.out} exists, expected a directory to be made.`);
  checkOutputDirectory('--out', options.out);
  const checkpoint = newestCheckpoint(join(options.run, 'checkpoints'), (path, reason) => {
    console.error(`cppo: the checkpoint ${path} is damaged (${reason}); taking the one before.`);
  });
  if (checkpoint === undefined) throw new UserError(`--run: ${options.run} has no whole checkpoint.`);
  const engine = await startEngineFor({ engine: { prefer: 'auto', softwareAdapter: false } });
  const policy = await openCheckpoint(options.run, join(checkpoint.directory, 'model'), engine);
  await policy.save(options.out, {
    dtype: options.dtype,
    notes: { ...policy.notes, ...notesOfRun(options.run) },
  });
  console.log(`${options.out}: the weights after step ${checkpoint.state.step}, ${options.dtype}`);
}

/** Adapters by themselves go on the model that the run began with, and its tokenizer. */
async function openCheckpoint(run: string, saved: string, engine: Engine): Promise<QwenPolicy> {
  const adapted = holdsAdapter(saved);
  try {
    const source = adapted ? modelSource(modelOfRun(run)) : saved;
    const encoder = await QwenEncoder.open(source, hubAccess());
    const facts = {
      config: encoder.config,
      stored: (name: string) => encoder.stored.get(name) ?? 'float32',
    };
    const use = { arithmetic: { activations: 'float32', cache: 'float32' }, prompt: largestOf([]) } as const;
    refuseUse(`the model of ${run}`, roomOf(engine), facts, use, '--run');
    return await loadQwen(source, { trainable: false, encoder, ...(adapted ? { adapter: saved } : {}) });
  } catch (error) {
    if (isUserError(error)) throw error;
    throw new UserError(`--run: ${(error as Error).message}`);
  }
}

function modelOfRun(run: string): string {
  return (JSON.parse(readFileSync(join(run, 'config.json'), 'utf8')) as { model: string }).model;
}
