import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  comparisonText,
  duration,
  isUserError,
  pageHtml,
  summarizeRun,
  UserError,
  writeWholeFile,
} from '@cppo/run';
import { nameOf, type PlannedRun } from '../ablation/plan.js';
import { type ProcessesEnd, runInProcesses } from '../ablation/run-processes.js';
import { compareRuns } from '../compare/compare-runs.js';
import type { ShowProgress } from '../show-progress.js';
import { keepConfigs } from './kept-configs.js';
import type { Sweep } from './read-sweep.js';

/** Where the configuration of a run comes from; later ones win. */
export interface RunSources {
  readonly preset?: string;
  readonly config?: string;
  /** `key=value`. */
  readonly set: readonly string[];
}

export interface SweepOptions {
  /** Reads a configuration whole, and throws when a key is wrong. */
  readonly configure: (sources: RunSources) => Promise<object>;
  /** A program for Node that trains, continues a run with `train --resume`, and takes the sources as `cppo train` does. */
  readonly program: string;
  /** Runs at once. */
  readonly jobs: number;
  /** Takes a line about each run as it ends, and about what follows. */
  readonly say: (line: string) => void;
  /** Shows the runs that are at work. Nothing does when left out. */
  readonly showProgress?: ShowProgress;
}

/** Milliseconds between looks at the runs that are at work. */
const between = 1000;

/**
 * Makes the runs of a sweep, each in a process of its own that logs to `<run>.log`, and compares them on a page,
 * `compare.html` in the sweep's folder. What was finished before is not repeated; what was begun goes on.
 *
 * @param sweep as `readSweep` reads it.
 * @param options the training program, how many runs at once, and where lines go.
 * @returns the names of the runs that failed, and the exit code of one that was stopped.
 * @throws UserError before the first run, when a configuration is wrong or a directory holds another run.
 */
export async function runSweep(sweep: Sweep, options: SweepOptions): Promise<ProcessesEnd> {
  const configs = await configureAll(sweep, options.configure);
  keepConfigs(sweep.output, configs, (name) => hasBegun(join(sweep.output, name)));
  const waiting = sweep.runs.filter((run) => !isDone(directoryOf(sweep, run)));
  const { length: all } = sweep.runs;
  options.say(`${all} runs, ${all - waiting.length} of them done; their logs are in ${sweep.output}`);
  const watch = watchRuns(sweep, options.showProgress);
  const end = await runInProcesses(waiting, {
    jobs: options.jobs,
    program: options.program,
    parametersOf: (run) => parametersOf(sweep, run),
    logOf: (run) => `${directoryOf(sweep, run)}.log`,
    onBegin: watch.begin,
    onEnd: (run, code) => {
      watch.end(run);
      const place = `${sweep.runs.indexOf(run) + 1}/${all} ${nameOf(run)}`;
      options.say(
        `${place}: ${code === 0 ? resultInWords(directoryOf(sweep, run)) : failure(sweep, run, code)}`,
      );
    },
  });
  watch.stop();
  if (end.stopped === undefined) options.say(compareAll(sweep));
  return end;
}

/**
 * Says of each run of a sweep what is to be done.
 *
 * @param sweep as `readSweep` reads it.
 * @param configure reads a configuration whole, and throws when a key is wrong.
 * @returns a line for each run.
 * @throws UserError when a configuration is wrong.
 */
export async function describeSweep(sweep: Sweep, configure: SweepOptions['configure']): Promise<string[]> {
  await configureAll(sweep, configure);
  return sweep.runs.map((run) => {
    const directory = directoryOf(sweep, run);
    const about = run.arm.about === '' ? '' : ` (${run.arm.about})`;
    return `${nameOf(run)}: ${stateInWords(directory)}${about}`;
  });
}

/** The configuration of each run, by its name. */
async function configureAll(
  sweep: Sweep,
  configure: SweepOptions['configure'],
): Promise<ReadonlyMap<string, object>> {
  const configs = new Map<string, object>();
  const alike = new Map<string, string>();
  for (const run of sweep.runs) {
    const name = nameOf(run);
    const config = await configure(sourcesOf(sweep, run)).catch((error: unknown) => {
      throw isUserError(error) ? new UserError(`${sweep.file}, ${name}: ${error.message}`) : error;
    });
    // Where a run lies says nothing of what it is, and the folder may move.
    const placeless = { ...config, output: undefined };
    const key = JSON.stringify(placeless);
    const other = alike.get(key);
    if (other !== undefined) {
      throw new UserError(
        `${sweep.file}: ${other} and ${name} are the same run, expected different settings.`,
      );
    }
    alike.set(key, name);
    configs.set(name, placeless);
  }
  return configs;
}

function sourcesOf(sweep: Sweep, run: PlannedRun): RunSources {
  const { preset, config, shared } = sweep;
  return {
    ...(preset === undefined ? {} : { preset }),
    ...(config === undefined ? {} : { config }),
    set: [
      ...shared,
      ...run.arm.settings,
      `seed=${run.seed}`,
      `output=${JSON.stringify(directoryOf(sweep, run))}`,
    ],
  };
}

function parametersOf(sweep: Sweep, run: PlannedRun): string[] {
  const directory = directoryOf(sweep, run);
  if (hasBegun(directory)) return ['train', '--resume', directory];
  const { preset, config, set } = sourcesOf(sweep, run);
  return [
    'train',
    ...(preset === undefined ? [] : ['--preset', preset]),
    ...(config === undefined ? [] : ['--config', config]),
    ...set.flatMap((assignment) => ['--set', assignment]),
  ];
}

const directoryOf = ({ output }: Sweep, run: PlannedRun) => join(output, nameOf(run));

const hasBegun = (directory: string) => existsSync(join(directory, 'config.json'));

const isDone = (directory: string) =>
  hasBegun(directory) && summarizeRun(directory).status.state === 'finished';

function stateInWords(directory: string): string {
  if (!hasBegun(directory)) return 'to do';
  const { status, done, steps } = summarizeRun(directory);
  return status.state === 'finished' ? 'done' : `goes on after step ${done} of ${steps}`;
}

function resultInWords(directory: string): string {
  const { result, reward, status } = summarizeRun(directory);
  const shares = [result?.before, result?.after].flatMap((measured) =>
    measured === undefined ? [] : [`${(measured.value * 100).toFixed(1)} %`],
  );
  const figures = [
    ...(shares.length === 0 ? [] : [`${result?.name} ${shares.join(' → ')}`]),
    ...(shares.length > 0 || reward === undefined ? [] : [`reward ${reward.toFixed(3)}`]),
    ...(status.seconds === undefined ? [] : [duration(status.seconds)]),
  ];
  return figures.join(', ');
}

function failure(sweep: Sweep, run: PlannedRun, code: number): string {
  if (code >= 128) return 'stopped; the same command goes on';
  const log = `${directoryOf(sweep, run)}.log`;
  const last = readFileSync(log, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  return `failed with exit code ${code}: ${last} (${log})`;
}

/** Writes the page of the runs that are finished. */
function compareAll(sweep: Sweep): string {
  const done = sweep.runs.map((run) => directoryOf(sweep, run)).filter(isDone);
  if (done.length < 2)
    return `${done.length} of the runs ${done.length === 1 ? 'is' : 'are'} done: nothing to compare.`;
  const compared = compareRuns(done, { title: sweep.file });
  const page = join(sweep.output, 'compare.html');
  writeWholeFile(page, pageHtml(compared));
  return `\n${comparisonText(compared)}\n\n${page}`;
}

/** Shows how far the runs at work are, where that is shown. */
function watchRuns(sweep: Sweep, showProgress: ShowProgress | undefined) {
  const atWork = new Set<PlannedRun>();
  const progress = showProgress?.('runs', sweep.runs.length);
  const show = () => {
    const figures = [...atWork].map((run) => `${nameOf(run)} ${stepOf(directoryOf(sweep, run))}`);
    const done = sweep.runs.filter((run) => !atWork.has(run) && isDone(directoryOf(sweep, run))).length;
    progress?.update(done, figures.join(', '));
  };
  const timer = progress === undefined ? undefined : setInterval(show, between);
  return {
    begin: (run: PlannedRun) => void atWork.add(run),
    end: (run: PlannedRun) => void atWork.delete(run),
    stop() {
      clearInterval(timer);
      progress?.stop();
    },
  };
}

function stepOf(directory: string): string {
  if (!hasBegun(directory)) return 'starts';
  const { done, steps } = summarizeRun(directory);
  return `${done}/${steps}`;
}
