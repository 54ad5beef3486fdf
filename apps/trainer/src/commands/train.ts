import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { formatReports } from '@cppo/bench';
import { isPlain, type Plain } from '@cppo/checked-options';
import { type Cluster, together } from '@cppo/grpo';
import {
  differenceFromBefore,
  isUserError,
  labelRun,
  RunDirectory,
  SessionLog,
  sessionsFile,
  stoppedByDisk,
  UserError,
  watchRun,
  writeWholeFile,
} from '@cppo/run';
import {
  carryOut,
  type FinishedRun,
  findCheckpoint,
  planRun,
  RunLines,
  requireSame,
  restoreOptimizer,
  weightsChecksum,
} from '@cppo/training';
import type { Arithmetic } from '../components/policy.js';
import { assignmentsTo, type ConfigSources, loadConfig, validate } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { programCommit, programVersion } from '../program-version.js';
import { joinCluster } from '../session/join-cluster.js';
import { openRun } from '../session/open-run.js';
import { loadSession, prepareSession, type Session } from '../session/session.js';

interface TrainOptions extends ConfigSources, Partial<Arithmetic> {
  readonly steps?: number;
  /** Such as 12GB. */
  readonly memory?: string;
  readonly resume?: string;
  /** Begins a run in this directory, or goes on with the one that is in it. */
  readonly run?: string;
  readonly dryRun?: boolean;
  /** Written on the run. */
  readonly tag: readonly string[];
  /** Lines of JSON on standard output, in place of the table. */
  readonly json?: boolean;
  /** Port of the run's page; true takes the usual one. */
  readonly watch?: number | true;
}

/** `cppo train`: evaluation, training, evaluation, report. */
export async function train(options: TrainOptions): Promise<void> {
  if (options.dryRun) {
    if (options.resume !== undefined)
      throw new UserError('--dry-run: found --resume beside it, expected a new run.');
    const { config } = await loadConfig(withFlags(options));
    const prepared = await prepareSession(config);
    try {
      for (const line of (await planRun(prepared)).lines) console.log(line);
    } finally {
      await prepared.source.close();
    }
    return;
  }
  const { cluster, addresses, close } = await joinCluster(
    async () => (await loadConfig(withFlags(options))).config,
  );
  try {
    if (addresses.length > 0) console.error(clusterLine(cluster, addresses));
    await together(cluster, () => trainOn(cluster, options));
  } finally {
    close();
  }
}

async function trainOn(cluster: Cluster, options: TrainOptions): Promise<void> {
  const run = await openedRun(cluster, options);
  const { directory, session } = run;
  const writes = cluster.rank === 0;
  if (writes && options.tag.length > 0) labelRun(directory.path, { add: options.tag });
  const commit = programCommit();
  const log = new SessionLog(directory.file(sessionsFile), {
    first: run.first,
    engine: session.engine.description,
    version: programVersion(),
    ...(commit === undefined ? {} : { commit }),
  });
  const watched = await watchRun(directory.path, writes ? options.watch : undefined);
  try {
    const place = writes ? directory.path : options.run;
    console.error(`run        ${place}${run.first === 0 ? '' : `, going on after step ${run.first}`}`);
    const lines = options.json && writes ? new RunLines(directory, run.first) : undefined;
    const own = writes ? session.loggers : [];
    const loggers = lines === undefined ? own : [...own, lines];
    const result = await carryOut({ ...session, loggers, cluster }, directory, run.first, log);
    if (!writes) {
      if (result.stopped !== undefined) process.exitCode = result.stopped.exitCode;
    } else if (result.stopped === undefined) {
      if (lines === undefined) printResult(result, directory);
      else lines.end(result);
    } else {
      lines?.end();
      console.error(`Stopped with a checkpoint. Go on with: cppo train --resume ${directory.path}`);
      process.exitCode = result.stopped.exitCode;
    }
  } finally {
    await watched?.end();
    directory.unlock();
    await session.source.close();
  }
}

interface Run {
  readonly session: Session;
  readonly directory: RunDirectory;
  /** Steps done before. */
  readonly first: number;
}

function clusterLine({ rank, size }: Cluster, addresses: readonly string[]): string {
  return `cluster    learner ${rank} of ${size}: ${addresses.join(', ')}`;
}

async function openedRun(cluster: Cluster, options: TrainOptions): Promise<Run> {
  const { resume, run } = options;
  if (run !== undefined) return begunOrContinued(cluster, options, run);
  if (cluster.size > 1) {
    throw new UserError(
      `--run: found none with ${cluster.size} learners, expected a directory that all of them share.`,
    );
  }
  return resume === undefined ? newRun(options) : continuedRun(options, resume);
}

/** A run that begins or goes on, alone or with others. */
async function begunOrContinued(cluster: Cluster, options: TrainOptions, path: string): Promise<Run> {
  const given = await loadConfig(withFlags({ ...options, set: [...(options.set ?? []), `output=${path}`] }));
  const { sources, config: asked } = given;
  const moved: Plain = sources.has('data.train') ? { data: { train: asked.data.train } } : {};
  const opened = await openRun(path, given, cluster, (directory) =>
    keptConfig(directory, sources.has('steps') ? asked.steps : undefined, moved),
  );
  const { directory, checkpoint, first } = opened;
  try {
    const session = await planned(opened.config, checkpoint, cluster.rank === 0);
    if (checkpoint !== undefined) await restoreOptimizer(session.optimizer, checkpoint);
    const other = differenceFromBefore(directory.file('data.json'), 'data.train', session.source);
    if (other !== undefined) throw new UserError(`data.train: found ${other}, expected the same ones.`);
    keepConfig(directory, session.config);
    const { length, fingerprint = '' } = session.source;
    const weights = await weightsChecksum(session.policy);
    await requireSame(cluster, {
      step: `${first}`,
      weights,
      'data.train': `${length} samples ${fingerprint}`.trim(),
    });
    return { session, directory, first };
  } catch (error) {
    directory.unlock();
    throw stoppedByDisk(error, path);
  }
}

/** Reports errors in configuration, data, engine or model before a directory is created. */
async function newRun(options: TrainOptions): Promise<Run> {
  const session = await planned((await loadConfig(withFlags(options))).config);
  const { config } = session;
  const name =
    config.output ?? join('runs', `${config.objective.type}-${basename(config.model)}-seed${config.seed}`);
  const directory = RunDirectory.create(name, { exact: config.output !== undefined });
  try {
    keepConfig(directory, config);
    differenceFromBefore(directory.file('data.json'), 'data.train', session.source);
  } catch (error) {
    directory.unlock();
    throw stoppedByDisk(error, directory.path);
  }
  return { session, directory, first: 0 };
}

/** Data that may have moved when a run resumes. */
const movable = ['data.train', 'data.eval'];

/** A continued run keeps its configuration; its number of steps can be raised, and its data may have moved. */
async function continuedRun(options: TrainOptions, path: string): Promise<Run> {
  const { config: file, preset, weights, activations, cache, memory } = options;
  if ([file, preset, weights, activations, cache, memory].some((each) => each !== undefined)) {
    throw new UserError(
      '--resume: found --config, --preset or a flag of the model beside it, expected the run to keep its configuration (--steps may be given, and --set data.train=… where the data has moved).',
    );
  }
  const moved = assignmentsTo(movable, options.set ?? [], '--resume');
  const directory = RunDirectory.open(path);
  try {
    const config = keptConfig(directory, options.steps, moved);
    const checkpoint = findCheckpoint(directory);
    const session = await planned(config, checkpoint?.directory);
    if (checkpoint !== undefined) await restoreOptimizer(session.optimizer, checkpoint.directory);
    const other = differenceFromBefore(directory.file('data.json'), 'data.train', session.source);
    if (other !== undefined && isPlain(moved.data) && 'train' in moved.data) {
      throw new UserError(`data.train: found ${other}, expected the same ones in another place.`);
    }
    if (other !== undefined) console.error(`data.train: the file has changed, found ${other}.`);
    await tryHeldOut(session, directory);
    keepConfig(directory, session.config);
    return { session, directory, first: checkpoint?.state.step ?? 0 };
  } catch (error) {
    directory.unlock();
    throw stoppedByDisk(moveHint(error, path), path);
  }
}

/** Held-out questions that are gone or changed stop a run before it resumes, not when it is done. */
async function tryHeldOut(session: Session, directory: RunDirectory): Promise<void> {
  const heldOut = await session.openHeldOut?.();
  if (heldOut === undefined) return;
  try {
    const other = differenceFromBefore(directory.file('data.json'), 'data.eval', heldOut);
    if (other !== undefined)
      throw new UserError(
        `data.eval: found ${other}, expected the same ones (--set data.eval=none resumes without).`,
      );
  } finally {
    await heldOut.close();
  }
}

/** Says what a run will take, and loads the model if that fits. */
async function planned(config: Config, checkpoint?: string, said = true): Promise<Session> {
  const prepared = await prepareSession(config, checkpoint);
  // Choices left to engine and memory are stored in the run's config.json: a resumed run reuses them.
  const { lines, config: resolved } = await planRun(prepared);
  if (said) for (const line of lines) console.error(line);
  return loadSession({ ...prepared, config: resolved }, checkpoint);
}

/** Says how data that is no more where it was is named. */
function moveHint(error: unknown, run: string): unknown {
  const key = isUserError(error) && /^(data\.(?:train|eval)): .*found no file/.exec(error.message)?.[1];
  if (!key) return error;
  return new UserError(
    `${error.message}; where it has moved: cppo train --resume ${run} --set ${key}=ITS_PLACE`,
  );
}

function keptConfig(directory: RunDirectory, steps: number | undefined, moved: Plain): Config {
  const file = directory.file('config.json');
  let kept: Plain;
  try {
    kept = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UserError(`--resume: ${file} is not JSON (${(error as Error).message}).`);
  }
  const data = { ...(isPlain(kept.data) ? kept.data : {}), ...(isPlain(moved.data) ? moved.data : {}) };
  return validate({ ...kept, data, ...(steps === undefined ? {} : { steps }) });
}

function keepConfig(directory: RunDirectory, config: Config): void {
  writeWholeFile(directory.file('config.json'), `${JSON.stringify(config, null, 2)}\n`);
}

/** Flags that are short for a key; they go before the same key of --set. */
function withFlags({ steps, weights, activations, cache, memory, ...sources }: TrainOptions): ConfigSources {
  const flags = Object.entries({
    ...{ steps, weights, activations, 'rollout.cache': cache, 'engine.memory': memory },
  }).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
  return { ...sources, set: [...(sources.set ?? []), ...flags] };
}

function printResult({ before, after, report, ended }: FinishedRun, directory: RunDirectory): void {
  if (ended !== undefined) console.log(`\n${ended}`);
  if (before !== undefined && after !== undefined) {
    console.log(`\n${formatReports({ before, after })}`);
    const gain = (after.avg.value - before.avg.value) * 100;
    console.log(`\navg@${after.samplesPerQuestion} ${gain >= 0 ? '+' : ''}${gain.toFixed(1)} points`);
  }
  console.log(`\nmodel   ${directory.file('model')}\nreport  ${report}`);
}
