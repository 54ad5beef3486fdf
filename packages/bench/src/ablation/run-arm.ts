import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunDirectory, readMetrics, type StepMetrics, UserError, writeWholeFile } from '@cppo/run';
import { type ShowProgress, showNothing } from '../show-progress.js';
import type { Split } from '../tasks/sample.js';
import { evaluateSplit } from './evaluate-split.js';
import { nameOf, type PlannedRun } from './plan.js';
import { type AblationRecord, measured } from './record.js';
import { appendResult, readResults } from './results-file.js';
import { sameSettings } from './same-settings.js';
import { stepsForTime } from './steps-for-time.js';
import type { ConfiguredRun, ConfigureRun } from './training-loop.js';

/** Where an ablation keeps what. */
export interface AblationFiles {
  /** The results file. */
  readonly results: string;
  /** What `measureCost` found, as JSON; for the arm of equal time. */
  readonly cost: string;
  /** Where run directories are made. */
  readonly runs: string;
}

export interface Ablation<P> extends AblationFiles {
  /** `key=value` of all arms. */
  readonly protocol: readonly string[];
  /** The training loop. */
  readonly configure: ConfigureRun<P>;
  /** Shows how far evaluations are. Default: nothing is shown. */
  readonly showProgress?: ShowProgress;
}

/** The splits of a run that the results file lacks. */
export function missingSplits(
  run: PlannedRun,
  splits: readonly Split[],
  { protocol, results }: Pick<Ablation<never>, 'protocol' | 'results'>,
): Split[] {
  const found = readResults(results).filter(
    (record) =>
      record.arm === run.arm.name &&
      record.seed === run.seed &&
      sameSettings(record.protocol, protocol) &&
      sameSettings(record.settings, run.arm.settings),
  );
  return splits.filter((split) => !found.some((record) => record.split === split));
}

/** What is to be done of a run: `done`, `to do (in-domain, out-of-domain)`, or the file that it waits for. */
export async function describeProgress<P>(run: PlannedRun, ablation: Ablation<P>): Promise<string> {
  if (run.arm.training === 'equal-time' && !existsSync(ablation.cost)) return `needs ${ablation.cost}`;
  const { splits } = await configureArm(run, ablation);
  const missing = missingSplits(run, splits, ablation);
  return missing.length === 0 ? 'done' : `to do (${missing.join(', ')})`;
}

/** Configures a run; everything about it follows from this. */
export async function configureArm<P>(
  run: PlannedRun,
  { protocol, runs, cost, configure }: Ablation<P>,
): Promise<ConfiguredRun<P>> {
  const settings = [
    'checkpoint.every=10',
    'checkpoint.keep=1',
    ...protocol,
    ...run.arm.settings,
    `seed=${run.seed}`,
    `output=${join(runs, nameOf(run))}`,
  ];
  let configured = await configure(settings);
  if (run.arm.training === 'equal-time') {
    const steps = stepsForTime(cost, configured.steps);
    configured = await configure([...settings, `steps=${steps}`]);
  }
  const { samplesPerQuestion } = configured;
  if (samplesPerQuestion !== 8) {
    throw new UserError(
      `evaluation.samples: found ${samplesPerQuestion}, expected 8, the k of the results' avg@8.`,
    );
  }
  return configured;
}

/**
 * Trains one arm, evaluates it in-domain and out-of-domain, and adds a line for each split to the results file. What a killed
 * run did before is not repeated: training resumes from its checkpoint, an evaluation from its last question.
 *
 * @param check throws when the run was asked to stop.
 * @returns whether there was anything to do.
 * @throws UserError for a directory that holds a run with other settings, and a results file that is none.
 */
export async function runArm<P>(
  run: PlannedRun,
  ablation: Ablation<P>,
  check: () => Promise<void> = async () => {},
): Promise<boolean> {
  const { protocol, results, showProgress = showNothing } = ablation;
  const configured = await configureArm(run, ablation);
  const missing = missingSplits(run, configured.splits, ablation);
  if (missing.length === 0) return false;
  const directory = openDirectory(resolve(ablation.runs, nameOf(run)), configured.config);
  try {
    const opened = await configured.open(directory);
    try {
      if (run.arm.training !== 'none') await opened.train(check);
      const training = trainingFigures(readMetrics(directory.file('metrics.jsonl')));
      for (const split of missing) {
        const outcomes = await evaluateSplit(
          opened,
          configured.samplesPerQuestion,
          directory,
          split,
          check,
          showProgress,
        );
        appendResult(results, {
          arm: run.arm.name,
          seed: run.seed,
          split,
          ...measured(outcomes),
          ...training,
          protocol,
          settings: run.arm.settings,
          engine: opened.engine,
          commit: commit(),
        });
      }
      // Tens of megabytes a run, and nothing of them is needed once the run is recorded.
      rmSync(directory.file('checkpoints'), { recursive: true, force: true });
      rmSync(directory.file('rollouts'), { recursive: true, force: true });
    } finally {
      await opened.close();
    }
  } finally {
    directory.unlock();
  }
  return true;
}

function openDirectory(path: string, config: object): RunDirectory {
  const kept = join(path, 'config.json');
  const text = `${JSON.stringify(config, null, 2)}\n`;
  if (!existsSync(kept)) {
    const directory = RunDirectory.create(path, { exact: true });
    writeWholeFile(directory.file('config.json'), text);
    return directory;
  }
  if (readFileSync(kept, 'utf8') !== text) {
    throw new UserError(
      `--runs: ${path} holds a run with other settings; remove it, or name another directory.`,
    );
  }
  return RunDirectory.open(path);
}

function trainingFigures(
  metrics: readonly StepMetrics[],
): Pick<AblationRecord, 'steps' | 'seconds' | 'secondsPerStep' | 'curve'> {
  const seconds = metrics.map((step) => step['seconds/step'] as number);
  const sorted = seconds.toSorted((one, other) => one - other);
  const curve: number[] = [];
  for (let start = 0; start < metrics.length; start += 10) {
    // A step whose sampling broke has none.
    const part = metrics.slice(start, start + 10).flatMap((step) => step['reward/accuracy'] ?? []);
    const sum = part.reduce((total, accuracy) => total + accuracy, 0);
    curve.push(Number((sum / Math.max(part.length, 1)).toFixed(4)));
  }
  return {
    steps: metrics.length,
    seconds: Math.round(seconds.reduce((sum, value) => sum + value, 0)),
    secondsPerStep: Number((sorted[sorted.length >> 1] ?? 0).toFixed(3)),
    curve,
  };
}

/** The commit of the source that runs, with a plus sign when it has changes; `unknown` for an installed package. */
function commit(): string {
  const cwd = dirname(fileURLToPath(import.meta.url));
  const git = (...parameters: string[]) =>
    execFileSync('git', parameters, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const root = git('rev-parse', '--show-toplevel');
    const changed = git(
      'status',
      '--porcelain',
      '--untracked-files=no',
      '--',
      `${root}/packages`,
      `${root}/apps`,
    );
    return `${git('rev-parse', '--short=10', 'HEAD')}${changed === '' ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}
