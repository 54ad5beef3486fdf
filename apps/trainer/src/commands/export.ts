import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { QwenEncoder } from '@cppo/policy-qwen';
import { hubAccess } from '../hub-access.js';
import { loadQwen } from '../load-qwen.js';
import { refuseUse, roomOf } from '../memory/fit.js';
import { largestOf } from '../memory/prompt-size.js';
import { newestCheckpoint } from '../run/checkpoint.js';
import { startEngineFor } from '../train/session.js';
import { UserError } from '../user-error.js';
import { checkOutputDirectory } from './output-file.js';

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
  const model = join(checkpoint.directory, 'model');
  const encoder = await QwenEncoder.open(model, hubAccess());
  const facts = { config: encoder.config, stored: (name: string) => encoder.stored.get(name) ?? 'float32' };
  const use = { arithmetic: { activations: 'float32', cache: 'float32' }, prompt: largestOf([]) } as const;
  refuseUse(`the model of ${options.run}`, roomOf(engine), facts, use, '--run');
  const policy = await loadQwen(model, { trainable: false, encoder });
  await policy.save(options.out, { dtype: options.dtype });
  console.log(`${options.out}: the weights after step ${checkpoint.state.step}, ${options.dtype}`);
}
