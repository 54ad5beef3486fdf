import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { formatReports, type Report } from '@cppo/bench';
import {
  differenceFromBefore,
  isRunStopped,
  isUserError,
  ModuleError,
  RunDirectory,
  SessionLog,
  sessionsFile,
  stoppedByDisk,
  UserError,
  unwritable,
  watchRun,
  writeLeftOut,
  writeReport,
  writeWholeFile,
} from '@cppo/run';
import {
  evaluateHeldOut,
  findCheckpoint,
  Interrupted,
  Interruption,
  notesOf,
  restoreOptimizer,
  runTraining,
  saveTrainingState,
} from '@cppo/training';
import type { Arithmetic } from '../config/arithmetic.js';
import { assignmentsTo, type ConfigSources, loadConfig, validate } from '../config/load.js';
import { isPlain, type Plain } from '../config/read-file.js';
import type { Config } from '../config/schema.js';
import { programCommit, programVersion } from '../program-version.js';
import { planOf } from '../session/plan.js';
import { loadSession, prepareSession, type Session } from '../session/session.js';

interface TrainOptions extends ConfigSources, Partial<Arithmetic> {
  readonly steps?: number;
  /** Such as 12GB. */
  readonly memory?: string;
  readonly resume?: string;
  readonly dryRun?: boolean;
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
      for (const line of (await planOf(prepared)).lines) console.log(line);
    } finally {
      await prepared.source.close();
    }
    return;
  }
  const run =
    options.resume === undefined ? await newRun(options) : await continuedRun(options, options.resume);
  const { directory, session } = run;
  const commit = programCommit();
  const log = new SessionLog(directory.file(sessionsFile), {
    first: run.first,
    engine: session.engine.description,
    version: programVersion(),
    ...(commit === undefined ? {} : { commit }),
  });
  const watched = await watchRun(directory.path, options.watch);
  try {
    await carryOut(run, log);
  } catch (error) {
    throw stoppedByDisk(withWayOn(error, directory.path), directory.path);
  } finally {
    await watched?.end();
    directory.unlock();
    await session.source.close();
  }
}

/** A module that failed in the middle of a run can be mended, and the run goes on. */
function withWayOn(error: unknown, directory: string): unknown {
  if (!(error instanceof ModuleError)) return error;
  const sentence = error.message.replace(/\.$/, '');
  return new ModuleError(
    `${sentence}; what was done is kept, go on once it is mended with: cppo train --resume ${directory}`,
  );
}

async function carryOut({ session, directory, first }: Run, log: SessionLog): Promise<void> {
  const { config } = session;
  const interruption = new Interruption();
  const check = () => interruption.check();
  try {
    console.error(`run        ${directory.path}${first === 0 ? '' : `, going on after step ${first}`}`);
    writeLeftOut(directory.file('left-out.jsonl'), 'data.train', session.source.skipped);
    // Once it has been trained the model can no longer say how it was before.
    const before =
      first === 0 ? await evaluateHeldOut(session, directory, 'before', check) : kept(directory, 'before');
    // A run that goes on is evaluated anew at its new end.
    if (first < config.steps) rmSync(directory.file('evaluation-after.json'), { force: true });
    await runTraining(session, directory, first, check, interruption.signal);
    const notes = notesOf(config);
    await session.policy.save(directory.file('model'), { dtype: 'bfloat16', overwrite: true, notes });
    const after = await evaluateHeldOut(session, directory, 'after', check);
    log.end('finished');
    printResult(before, after, directory, writeReport(directory));
  } catch (error) {
    if (!(error instanceof Interrupted)) {
      sayEnding(log, directory, error);
      throw error;
    }
    // Stopped before the first step there is none yet.
    if (findCheckpoint(directory) === undefined) await saveTrainingState(session, directory, 0);
    log.end('stopped', error.signal === 'SIGINT' ? 'Ctrl-C' : error.signal);
    writeReport(directory);
    console.error(`Stopped with a checkpoint. Go on with: cppo train --resume ${directory.path}`);
    process.exitCode = error.exitCode;
  } finally {
    interruption.dispose();
  }
}

/** Leaves it on the page of the run; a disk that takes nothing any more must not hide what went wrong. */
function sayEnding(log: SessionLog, directory: RunDirectory, error: unknown): void {
  const { message } = stoppedByDisk(error, directory.path) as Error;
  // The page says the step and the way on by itself.
  const reason = message.replace(/^stopped at step \d+: |[;,][^;,]* go on with: .*$/g, '');
  try {
    log.end(isRunStopped(error) ? 'stopped' : 'failed', reason);
    writeReport(directory);
  } catch (second) {
    if (unwritable(second) === undefined) throw second;
  }
}

function kept(directory: RunDirectory, name: string): Report | undefined {
  const file = directory.file(`evaluation-${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

interface Run {
  readonly session: Session;
  readonly directory: RunDirectory;
  /** Steps done before. */
  readonly first: number;
}

/** Whatever is wrong with configuration, data, engine or model is said before a directory is made. */
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

/** Data that may lie elsewhere when a run goes on. */
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
    keepConfig(directory, session.config);
    return { session, directory, first: checkpoint?.state.step ?? 0 };
  } catch (error) {
    directory.unlock();
    throw stoppedByDisk(moveHint(error, path), path);
  }
}

/** Says what a run will take, and loads the model if that fits. */
async function planned(config: Config, checkpoint?: string): Promise<Session> {
  const prepared = await prepareSession(config, checkpoint);
  // What is left to engine and memory stands in the run's config.json: a resumed run has it again.
  const { lines, config: resolved } = await planOf(prepared);
  for (const line of lines) console.error(line);
  return loadSession({ ...prepared, config: resolved }, checkpoint);
}

/** Says how data that is no more where it was is named. */
function moveHint(error: unknown, run: string): unknown {
  if (!isUserError(error) || !/^data\.train: .*found no file/.test(error.message)) return error;
  return new UserError(
    `${error.message}; where it has moved: cppo train --resume ${run} --set data.train=ITS_PLACE`,
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

function printResult(
  before: Report | undefined,
  after: Report | undefined,
  directory: RunDirectory,
  report: string,
): void {
  if (before !== undefined && after !== undefined) {
    console.log(`\n${formatReports({ before, after })}`);
    const gain = (after.avg.value - before.avg.value) * 100;
    console.log(`\navg@${after.samplesPerQuestion} ${gain >= 0 ? '+' : ''}${gain.toFixed(1)} points`);
  }
  console.log(`\nmodel   ${directory.file('model')}\nreport  ${report}`);
}
