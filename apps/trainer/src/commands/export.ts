import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import {
  type CheckpointState,
  checkOutputDirectory,
  modelCard,
  newestCheckpoint,
  UserError,
  writeWholeFile,
} from '@cppo/run';
import { holdsAdapter, notesOf, openTrained, pushModel, pushTarget } from '@cppo/training';
import { policyFamily } from '../components/index.js';
import { validate } from '../config/load.js';
import { hubAccess } from '../hub-access.js';
import { modelSource } from '../model-source.js';
import { roomOf } from '../session/room.js';
import { startEngineFor } from '../session/session.js';

interface ExportOptions {
  readonly run: string;
  readonly out: string;
  readonly best?: boolean;
  /** The adapters by themselves instead of a whole model. */
  readonly adapters?: boolean;
  readonly dtype?: 'bfloat16' | 'float32';
  /** owner/name on the hub. */
  readonly push?: string;
  readonly private?: boolean;
}

/** `cppo export`: the newest or the best checkpoint of a run as a model directory that the Python world reads. */
export async function exportModel(options: ExportOptions): Promise<void> {
  const target = options.push === undefined ? undefined : pushTarget(options.push, hubAccess());
  if (target === undefined && options.private)
    throw new UserError('--private: found without --push, expected it beside one.');
  if (options.adapters && options.dtype !== undefined)
    throw new UserError('--dtype: found beside --adapters, which are float32 as they were trained.');
  if (!existsSync(join(options.run, 'config.json'))) {
    throw new UserError(`--run: ${options.run} holds no run: there is no config.json in it.`);
  }
  if (existsSync(options.out))
    throw new UserError(`--out: ${options.out} exists, expected a directory to be made.`);
  checkOutputDirectory('--out', options.out);
  const dtype = options.adapters ? 'float32' : (options.dtype ?? 'bfloat16');
  const { step } = await writeNewest(options, dtype);
  const card = modelCard(options.run, {
    step,
    dtype,
    holds: options.adapters ? 'adapter' : 'model',
    ...(target === undefined ? {} : { repository: target.name }),
  });
  writeWholeFile(join(options.out, 'README.md'), card);
  const what = options.adapters ? 'the adapters' : 'the weights';
  console.log(`${options.out}: ${what} after step ${step}, ${dtype}`);
  if (target === undefined) return;
  const title = `Step ${step} of ${basename(resolve(options.run))}`;
  console.log(await pushModel(options.out, target, { private: options.private ?? false, title }));
}

/**
 * Writes the newest checkpoint; the next one where the run, which may go on meanwhile, removes it under our hands.
 *
 * @returns the state of the one that was written.
 */
async function writeNewest(options: ExportOptions, dtype: 'bfloat16' | 'float32'): Promise<CheckpointState> {
  for (;;) {
    const { directory, state } = findNewest(options);
    const saved = join(directory, 'model');
    try {
      if (options.adapters) copyAdapters(options, saved);
      else await saveModel(options, saved, dtype);
      return state;
    } catch (error) {
      if (existsSync(directory)) throw error;
      console.error(`cppo: the run removed ${directory} meanwhile; taking its newest checkpoint.`);
    }
  }
}

function findNewest({ run, best }: ExportOptions): NonNullable<ReturnType<typeof newestCheckpoint>> {
  const found = newestCheckpoint(join(run, best ? 'best' : 'checkpoints'), (path, reason) => {
    // One that the run has removed since it was listed is not damaged.
    if (existsSync(path))
      console.error(`cppo: the checkpoint ${path} is damaged (${reason}); taking the one before.`);
  });
  if (found !== undefined) return found;
  throw new UserError(
    best
      ? `--best: ${run} keeps no best checkpoint, expected a run with checkpoint.best and an evaluation while it trained.`
      : `--run: ${run} has no whole checkpoint.`,
  );
}

/** A checkpoint keeps adapters as PEFT reads them. */
function copyAdapters({ run, out }: ExportOptions, saved: string): void {
  if (!holdsAdapter(saved))
    throw new UserError(`--adapters: ${run} trained the model itself, expected a run with lora.`);
  // A name that nobody has: what is in the way is not ours to remove.
  const draft = mkdtempSync(`${out}.partial-`);
  try {
    cpSync(saved, draft, { recursive: true });
    // mkdtemp makes a private directory.
    chmodSync(draft, 0o777 & ~process.umask());
    renameSync(draft, out);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

async function saveModel(
  { run, out }: ExportOptions,
  saved: string,
  dtype: 'bfloat16' | 'float32',
): Promise<void> {
  const engine = await startEngineFor({ engine: { prefer: 'auto', softwareAdapter: false } });
  const config = validate(JSON.parse(readFileSync(join(run, 'config.json'), 'utf8')));
  const family = await policyFamily(config.policy);
  const [baseModel, adapted] = [modelSource(config.model), config.lora !== null];
  const policy = await openTrained({ run, saved, baseModel, adapted, family, room: roomOf(engine) });
  await policy.save(out, { dtype, notes: { ...policy.notes, ...notesOf(config) } });
}
