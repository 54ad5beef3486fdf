// A model directory in the layout of Hugging Face, with random weights.
import { copyFile, mkdir, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { parameterShapes, parseQwenConfig, storedName } from '@cppo/policy-qwen';
import { companionFiles } from './published-config.mjs';
import { ones, randomWeights } from './random-weights.mjs';
import { planShards, shardIndex, writeShard } from './write-shards.mjs';

/** Says what is wrong with a request; the command prints it and exits with 2. */
export class WrongRequest extends Error {}

/**
 * Writes config, tokenizer, template, processor and weights. Scales of normalisations are 1; every other number is drawn from a
 * normal distribution of deviation `config.initializer_range`, with which activations stay finite through all layers.
 * Everything is written beside the destination and renamed when complete.
 *
 * @param {string} directory new or empty.
 * @param {object} config    config.json.
 * @param {{ seed?: number, shardBytes?: number, signal?: AbortSignal,
 *   onProgress?: (done: number, total: number) => void }} options
 * @returns {Promise<{ parameters: number, bytes: number, files: string[] }>} what was written.
 * @throws WrongRequest when the directory holds files or the disk is too small.
 */
export async function writeModel(directory, config, options = {}) {
  const { seed = 1, shardBytes = 5e9, signal, onProgress } = options;
  const destination = resolve(directory);
  const shards = planShards(storedShapes(config), shardBytes);
  const index = shardIndex(shards);
  const bytes = index.metadata.total_size;
  await checkDestination(destination, bytes);

  const draft = `${destination}.partial-${process.pid}`;
  await mkdir(draft);
  try {
    const json = (name, value) => writeFile(join(draft, name), `${JSON.stringify(value, null, 2)}\n`);
    const { copied, written } = companionFiles(config.model_type);
    await json('config.json', config);
    for (const [name, source] of Object.entries(copied)) await copyFile(source, join(draft, name));
    for (const [name, value] of Object.entries(written)) await json(name, value);

    const draw = randomWeights(seed, (config.text_config ?? config).initializer_range);
    let done = 0;
    for (const shard of shards) {
      await writeShard(
        draft,
        shard,
        ({ name, bytes }) => (/(norm\d?|ln_q)\.weight$/.test(name) ? [ones(bytes / 2)] : draw(bytes / 2)),
        (count) => {
          signal?.throwIfAborted();
          done += count;
          onProgress?.(done, bytes);
        },
      );
    }
    if (shards.length > 1) await json('model.safetensors.index.json', index);
    await rm(destination, { recursive: true, force: true });
    await rename(draft, destination);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  return { parameters: bytes / 2, bytes, files: shards.map(({ file }) => file) };
}

/** Shapes by the names that the family's checkpoints have. */
function storedShapes(config) {
  const parsed = parseQwenConfig(config);
  return new Map([...parameterShapes(parsed)].map(([name, shape]) => [storedName(parsed, name), shape]));
}

async function checkDestination(destination, bytes) {
  const entries = await readdir(destination).catch((error) => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR')
      throw new WrongRequest(`${destination} is a file; expected a new directory.`);
    throw error;
  });
  if (entries.length > 0) {
    throw new WrongRequest(
      `${destination} already holds files (${entries[0]}, …); expected a new or empty directory.`,
    );
  }
  const parent = dirname(destination);
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent, basename(destination));
  const { bavail, bsize } = await statfs(parent);
  if (bavail * bsize < bytes * 1.01) {
    const gigabytes = (count) => `${(count / 1e9).toFixed(1)} GB`;
    throw new WrongRequest(
      `${parent} has ${gigabytes(bavail * bsize)} left; the model takes ${gigabytes(bytes)}.`,
    );
  }
}

/** A killed process could not remove its draft; the next one does, when that process is gone. */
async function removeAbandoned(parent, name) {
  for (const entry of await readdir(parent)) {
    const pid = entry.startsWith(`${name}.partial-`)
      ? Number(entry.slice(`${name}.partial-`.length))
      : Number.NaN;
    if (Number.isInteger(pid) && !isRunning(pid))
      await rm(join(parent, entry), { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
