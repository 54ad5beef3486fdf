import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Cluster } from '@cppo/grpo';
import { RunDirectory, UserError } from '@cppo/run';
import { findCheckpoint, requireSame } from '@cppo/training';
import type { LoadedConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { programCommit, programVersion } from '../program-version.js';

/** A run that begins or goes on, the same on every learner. */
export interface OpenedRun {
  readonly directory: RunDirectory;
  readonly config: Config;
  /** Folder of the checkpoint to go on from. */
  readonly checkpoint: string | undefined;
  /** Steps done before. */
  readonly first: number;
}

/** What the first learner tells the others. */
interface Start {
  readonly config: Config;
  readonly checkpoint: string | undefined;
  readonly first: number;
  readonly notes: Readonly<Record<string, string>>;
}

/** Keys in which learners, and the sessions of a run, may differ: what they have, and where. */
const own = /^(output|engine|cluster|loggers|model|data\.(train|eval))(\.|$)/;

/**
 * Begins the run of a directory, or goes on with the one that is in it. The first learner decides and writes; the others
 * read its checkpoint from a disk that they share, and keep notes of their own.
 *
 * @param path of the run.
 * @param given the configuration that was asked for.
 * @param keptConfig reads the configuration of a run that goes on.
 * @throws UserError when the run has another configuration, or learners were asked for different ones.
 */
export async function openRun(
  path: string,
  given: LoadedConfig,
  cluster: Cluster,
  keptConfig: (directory: RunDirectory) => Config,
): Promise<OpenedRun> {
  await requireSame(cluster, {
    'version of cppo': [programVersion(), programCommit() ?? ''].join(' ').trim(),
    'version of Node': process.version,
    ...sharedKeys(given.config),
  });
  const leading = cluster.rank === 0 ? lead(path, given, cluster, keptConfig) : undefined;
  try {
    const [start] = await cluster.gather(leading?.start);
    if (leading !== undefined) return { ...leading.start, directory: leading.directory };
    if (start === undefined) throw new Error('openRun: learner 0 told nothing; expected how the run starts.');
    return { ...start, config: withOwn(start.config, given), directory: follow(path, start, cluster) };
  } catch (error) {
    leading?.directory.unlock();
    throw error;
  }
}

function lead(
  path: string,
  given: LoadedConfig,
  { size }: Cluster,
  keptConfig: (directory: RunDirectory) => Config,
): { readonly directory: RunDirectory; readonly start: Start } {
  // Its learners may have been moved to other hosts; the one that locked it is gone when they start anew.
  const locking = { takeOver: size > 1 };
  if (!existsSync(join(path, 'config.json'))) {
    const directory = RunDirectory.create(path, { exact: true, ...locking });
    return { directory, start: { config: given.config, checkpoint: undefined, first: 0, notes: {} } };
  }
  const directory = RunDirectory.open(path, locking);
  try {
    const config = keptConfig(directory);
    refuseOther(path, given, config);
    const found = findCheckpoint(directory);
    const checkpoint = found?.directory;
    return {
      directory,
      start: { config, checkpoint, first: found?.state.step ?? 0, notes: directory.notes() },
    };
  } catch (error) {
    directory.unlock();
    throw error;
  }
}

function follow(path: string, { checkpoint, notes }: Start, { rank }: Cluster): RunDirectory {
  if (checkpoint !== undefined && !existsSync(checkpoint)) {
    throw new UserError(
      `--run: learner ${rank} finds no ${basename(checkpoint)} in ${path}, expected a directory that all learners share.`,
    );
  }
  return RunDirectory.follow(notes);
}

/** A run that goes on keeps its configuration; what is asked for beside it must be the same, but for steps and places. */
function refuseOther(path: string, { config, sources }: LoadedConfig, kept: Config): void {
  for (const [key, source] of sources) {
    const [found, expected] = [valueAt(config, key), valueAt(kept, key)];
    // What was left to the run it has decided when it began.
    if (own.test(key) || key === 'steps' || found === 'auto') continue;
    if (JSON.stringify(found) === JSON.stringify(expected)) continue;
    throw new UserError(
      `${key}: found ${JSON.stringify(found)} (${source}), expected ${JSON.stringify(expected)}, with which ${path} was begun; or another --run.`,
    );
  }
}

/** The configuration of the run with what this learner was told of itself. */
function withOwn(config: Config, { config: asked, sources }: LoadedConfig): Config {
  const told = (key: string) =>
    [...sources.keys()].some((each) => each === key || each.startsWith(`${key}.`));
  const { train, eval: held } = asked.data;
  return {
    ...config,
    ...(told('model') && { model: asked.model }),
    ...(told('engine') && { engine: asked.engine }),
    data: { ...config.data, ...(told('data.train') && { train }), ...(told('data.eval') && { eval: held }) },
  };
}

/** The keys that learners must have alike, and their values. */
function sharedKeys(value: unknown, path = ''): Record<string, string> {
  if (own.test(path)) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return value === undefined ? {} : { [path]: JSON.stringify(value) };
  }
  return Object.assign(
    {},
    ...Object.entries(value).map(([key, inner]) => sharedKeys(inner, path === '' ? key : `${path}.${key}`)),
  );
}

function valueAt(config: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null
          ? new Map<string, unknown>(Object.entries(value)).get(key)
          : undefined,
      config,
    );
}
