import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { formatReports, type Report } from '@cppo/bench';
import { assignmentsTo, type ConfigSources, loadConfig, validate } from '../config/load.js';
import { isPlain, type Plain } from '../config/read-file.js';
import type { Config } from '../config/schema.js';
import { notesOf } from '../model-notes.js';
import { writeReport } from '../report/write-report.js';
import { differenceFromBefore } from '../run/data-record.js';
import { RunDirectory } from '../run/directory.js';
import { writeLeftOut } from '../run/left-out.js';
import { writeWholeFile } from '../run/whole-file.js';
import { RunStopped, stoppedByDisk } from '../run-stopped.js';
import { findCheckpoint, restoreOptimizer, saveTrainingState } from '../train/checkpointing.js';
import { dryRun } from '../train/dry-run.js';
import { evaluateHeldOut } from '../train/evaluation.js';
import { Interrupted, Interruption } from '../train/interruption.js';
import { planOf } from '../train/plan.js';
import { runTraining } from '../train/run-training.js';
import { openSession, type Session } from '../train/session.js';
import { UserError } from '../user-error.js';
import { watchRun } from '../watch/watch-run.js';

interface TrainOptions extends ConfigSources {
  readonly steps?: number;
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
    const { config } = await loadConfig(withSteps(options));
    const session = await openSession(config);
    try {
      for (const line of await planOf(session)) console.log(line);
      console.log(await dryRun(session));
    } finally {
      await session.source.close();
    }
    return;
  }
  const run =
    options.resume === undefined ? await newRun(options) : await continuedRun(options, options.resume);
  const { directory, session } = run;
  const watched = await watchRun(directory.path, options.watch);
  try {
    await carryOut(run);
  } catch (error) {
    throw stoppedByDisk(error, directory.path);
  } finally {
    await watched?.end();
    directory.unlock();
    await session.source.close();
  }
}

async function carryOut({ session, directory, first }: Run): Promise<void> {
  const { config } = session;
  const interruption = new Interruption();
  const check = () => interruption.check();
  try {
    for (const line of await planOf(session)) console.error(line);
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
    printResult(before, after, directory, writeReport(directory));
  } catch (error) {
    if (error instanceof RunStopped) writeReport(directory);
    if (!(error instanceof Interrupted)) throw error;
    // Stopped before the first step there is none yet.
    if (findCheckpoint(directory) === undefined) await saveTrainingState(session, directory, 0);
    writeReport(directory);
    console.error(`Stopped with a checkpoint. Go on with: cppo train --resume ${directory.path}`);
    process.exitCode = error.exitCode;
  } finally {
    interruption.dispose();
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
  const { config: given } = await loadConfig(withSteps(options));
  const session = await openSession(given);
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
  if (options.config !== undefined || options.preset !== undefined) {
    throw new UserError(
      '--resume: found --config or --preset beside it, expected the run to keep its configuration (--steps may be given, and --set data.train=… where the data has moved).',
    );
  }
  const moved = assignmentsTo(movable, options.set ?? [], '--resume');
  const directory = RunDirectory.open(path);
  try {
    const config = keptConfig(directory, options.steps, moved);
    const checkpoint = findCheckpoint(directory);
    const session = await openSession(config, checkpoint?.directory);
    if (checkpoint !== undefined) restoreOptimizer(session.optimizer, checkpoint.directory);
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

/** Says how data that is no more where it was is named. */
function moveHint(error: unknown, run: string): unknown {
  if (!(error instanceof UserError) || !/^data\.train: .*found no file/.test(error.message)) return error;
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

function withSteps({ steps, ...sources }: TrainOptions): ConfigSources {
  return steps === undefined ? sources : { ...sources, set: [...(sources.set ?? []), `steps=${steps}`] };
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
