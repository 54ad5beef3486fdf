import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '@cppo/engine';
import { checkOutputDirectory, isUserError, newestCheckpoint, UserError } from '@cppo/run';
import { holdsAdapter, largestOf, notesOf, openEncoder, refuseUse } from '@cppo/training';
import { type PromptEncoder, policyFamily, type TrainedPolicy } from '../components/index.js';
import { validate } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { modelSource } from '../model-source.js';
import { roomOf } from '../session/room.js';
import { startEngineFor } from '../session/session.js';

/** `cppo export`: the newest or the best checkpoint of a run as a model directory that the Python world reads. */
export async function exportModel(options: {
  run: string;
  out: string;
  best?: boolean;
  dtype: 'bfloat16' | 'float32';
}): Promise<void> {
  if (!existsSync(join(options.run, 'config.json'))) {
    throw new UserError(`--run: ${options.run} holds no run: there is no config.json in it.`);
  }
  if (existsSync(options.out))
    throw new UserError(`--out: ${options.out} exists, expected a directory to be made.`);
  checkOutputDirectory('--out', options.out);
  const folder = options.best ? 'best' : 'checkpoints';
  const checkpoint = newestCheckpoint(join(options.run, folder), (path, reason) => {
    console.error(`cppo: the checkpoint ${path} is damaged (${reason}); taking the one before.`);
  });
  if (checkpoint === undefined) {
    throw new UserError(
      options.best
        ? `--best: ${options.run} keeps no best checkpoint, expected a run with checkpoint.best and an evaluation while it trained.`
        : `--run: ${options.run} has no whole checkpoint.`,
    );
  }
  const engine = await startEngineFor({ engine: { prefer: 'auto', softwareAdapter: false } });
  const config = validate(JSON.parse(readFileSync(join(options.run, 'config.json'), 'utf8')));
  const policy = await openCheckpoint(options.run, config, join(checkpoint.directory, 'model'), engine);
  await policy.save(options.out, {
    dtype: options.dtype,
    notes: { ...policy.notes, ...notesOf(config) },
  });
  console.log(`${options.out}: the weights after step ${checkpoint.state.step}, ${options.dtype}`);
}

/** Adapters by themselves go on the model that the run began with, and its tokenizer. */
async function openCheckpoint(
  run: string,
  config: Config,
  saved: string,
  engine: Engine,
): Promise<TrainedPolicy> {
  const adapted = holdsAdapter(saved) || config.lora !== null;
  const family = await policyFamily(config.policy);
  const source = adapted ? modelSource(config.model) : saved;
  const load = (encoder?: PromptEncoder) =>
    family.load(
      source,
      { trainable: false, ...(adapted ? { adapter: saved } : {}) },
      { needed: ['save'], ...(encoder && { encoder }) },
    );
  try {
    const { encoder, policy } = await openEncoder(family, source, load);
    const capacity = await family.capacity?.(source, encoder);
    const use = { arithmetic: { activations: 'float32', cache: 'float32' }, prompt: largestOf([]) } as const;
    if (capacity !== undefined) refuseUse(`the model of ${run}`, roomOf(engine), capacity, use, '--run');
    return policy ?? (await load(encoder));
  } catch (error) {
    if (isUserError(error)) throw error;
    throw new UserError(`--run: ${(error as Error).message}`);
  }
}
