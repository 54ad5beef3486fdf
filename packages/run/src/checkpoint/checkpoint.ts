import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { writeWholeFile } from '../directory/whole-file.js';
import { messageOf } from '../system-error.js';

/** What a checkpoint knows besides the files in it. Everything drawn is a function of the seed and the step. */
export interface CheckpointState {
  /** Optimiser steps done. */
  readonly step: number;
  /** Updates the optimiser really made (skipped steps do not count). */
  readonly updates: number;
}

const manifestSchema = z.object({
  step: z.int().min(0),
  updates: z.int().min(0),
  /** SHA-256 of every file, by path inside the checkpoint. */
  files: z.record(z.string(), z.string()),
});

type Manifest = z.output<typeof manifestSchema>;

const folderOf = (step: number) => `step-${String(step).padStart(6, '0')}`;

/**
 * Writes a checkpoint under a temporary name, renames it, and removes all but the `keep` newest: whenever the
 * process dies, the newest complete checkpoint stays readable.
 *
 * @param root folder of checkpoints.
 * @param state step and number of updates.
 * @param keep how many remain.
 * @param write puts the weights and the optimiser's state into the directory that it is given.
 * @returns the directory of the checkpoint.
 * @example
 * const write = async (path) => writeFileSync(join(path, 'weights'), '1');
 * const path = await writeCheckpoint(join(folder, 'written'), { step: 3, updates: 3 }, 2, write);
 * path.endsWith('step-000003'); // true
 */
export async function writeCheckpoint(
  root: string,
  state: CheckpointState,
  keep: number,
  write: (directory: string) => Promise<void>,
): Promise<string> {
  const final = join(root, folderOf(state.step));
  const temporary = join(root, `.${folderOf(state.step)}.tmp`);
  rmSync(temporary, { recursive: true, force: true });
  try {
    mkdirSync(temporary, { recursive: true });
    await write(temporary);
    const files: Record<string, string> = {};
    for (const path of filesBelow(temporary)) files[relative(temporary, path)] = sha256(path);
    const manifest: Manifest = { ...state, files };
    writeWholeFile(join(temporary, 'checkpoint.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    rmSync(final, { recursive: true, force: true });
    renameSync(temporary, final);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true }); // on a full disk half a checkpoint is only in the way
    throw error;
  }
  pruneCheckpoints(root, state.step, keep);
  return final;
}

/**
 * Removes all but the `keep` newest checkpoints up to a step, and any after it, which are damaged ones that
 * the run did not resume from. Each is renamed first, so that a kill leaves none half-removed.
 *
 * @param root folder of checkpoints.
 * @param step the newest intact one.
 * @param keep how many remain.
 * @example
 * const root = join(folder, 'pruned');
 * for (const step of [1, 2]) await writeCheckpoint(root, { step, updates: step }, 2, async () => {});
 * pruneCheckpoints(root, 1, 1);
 * newestCheckpoint(root, () => {}).state.step; // 1
 */
export function pruneCheckpoints(root: string, step: number, keep: number): void {
  const names = checkpointNames(root);
  const last = names.indexOf(folderOf(step));
  if (last < 0) return;
  for (const name of [...names.slice(0, Math.max(0, last + 1 - keep)), ...names.slice(last + 1)]) {
    const nameless = join(root, `.${name}.tmp`);
    rmSync(nameless, { recursive: true, force: true });
    renameSync(join(root, name), nameless);
    rmSync(nameless, { recursive: true, force: true });
  }
}

/**
 * Finds the newest checkpoint whose files all match their checksums. Damaged ones are reported and skipped.
 *
 * @param root folder of checkpoints.
 * @param onDamaged called with each damaged one.
 * @returns undefined when there is no intact checkpoint.
 * @example
 * const root = join(folder, 'newest');
 * const write = async (path) => writeFileSync(join(path, 'weights'), '1');
 * await writeCheckpoint(root, { step: 3, updates: 3 }, 2, write);
 * newestCheckpoint(root, () => {}).state.step; // 3
 * writeFileSync(join(newestCheckpoint(root, () => {}).directory, 'weights'), '2');
 * newestCheckpoint(root, () => {}); // undefined
 */
export function newestCheckpoint(
  root: string,
  onDamaged: (directory: string, reason: string) => void,
): { readonly directory: string; readonly state: CheckpointState } | undefined {
  for (const name of checkpointNames(root).reverse()) {
    const directory = join(root, name);
    const found = readManifest(directory, name);
    if (typeof found === 'string') onDamaged(directory, found);
    else return { directory, state: { step: found.step, updates: found.updates } };
  }
  return undefined;
}

/** @returns what is wrong with the checkpoint instead, when something is. */
function readManifest(directory: string, name: string): Manifest | string {
  try {
    const parsed = manifestSchema.safeParse(
      JSON.parse(readFileSync(join(directory, 'checkpoint.json'), 'utf8')),
    );
    if (!parsed.success) return `checkpoint.json is wrong at "${parsed.error.issues[0]?.path.join('.')}"`;
    const manifest = parsed.data;
    if (folderOf(manifest.step) !== name) return `checkpoint.json says step ${manifest.step}`;
    for (const [file, checksum] of Object.entries(manifest.files)) {
      const path = join(directory, file);
      if (!existsSync(path)) return `${file} is missing`;
      if (sha256(path) !== checksum) return `${file} has changed since it was written`;
    }
    return manifest;
  } catch (error) {
    return `it cannot be read: ${messageOf(error)}`;
  }
}

function checkpointNames(root: string): string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .filter((name) => /^step-\d+$/.test(name))
    .sort();
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function sha256(path: string): string {
  const hash = createHash('sha256');
  const handle = openSync(path, 'r');
  try {
    // In pieces: a shard can be larger than one buffer may be.
    const piece = Buffer.allocUnsafe(1 << 22);
    for (let read = readSync(handle, piece); read > 0; read = readSync(handle, piece)) {
      hash.update(piece.subarray(0, read));
    }
  } finally {
    closeSync(handle);
  }
  return hash.digest('hex');
}
