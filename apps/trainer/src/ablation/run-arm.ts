import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AblationRecord, measured, type Split, sameSettings } from '@cppo/bench';
import { RunDirectory, readMetrics, type StepMetrics, UserError, writeWholeFile } from '@cppo/run';
import { findCheckpoint, restoreOptimizer, runTraining } from '@cppo/training';
import { loadConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { openSession } from '../session/session.js';
import { evaluateSplit, type HeldOut, heldOutSplits } from './evaluate-split.js';
import { nameOf, type PlannedRun } from './plan.js';
import { appendResult, readResults } from './results-file.js';
import { stepsForTime } from './steps-for-time.js';

export interface ArmOptions {
  /** `key=value` of all arms. */
  readonly protocol: readonly string[];
  /** The results file. */
  readonly results: string;
  /** What `cppo bench cost` wrote; for the arm of equal time. */
  readonly cost: string;
  /** Where run directories are made. */
  readonly runs: string;
}

/** The splits of a run that the results file lacks. */
export function missingSplits(
  run: PlannedRun,
  config: Config,
  { protocol, results }: ArmOptions,
): [Split, HeldOut][] {
  const found = readResults(results).filter(
    (record) =>
      record.arm === run.arm.name &&
      record.seed === run.seed &&
      sameSettings(record.protocol, protocol) &&
      sameSettings(record.settings, run.arm.settings),
  );
  return heldOutSplits(config.data.eval).filter(([split]) => !found.some((record) => record.split === split));
}

/** The configuration of a run; everything about it follows from this. */
export async function configOf(run: PlannedRun, options: ArmOptions): Promise<Config> {
  const set = [
    'checkpoint.every=10',
    'checkpoint.keep=1',
    ...options.protocol,
    ...run.arm.settings,
    `seed=${run.seed}`,
    `output=${join(options.runs, nameOf(run))}`,
  ];
  let { config } = await loadConfig({ set });
  if (run.arm.training === 'equal-time') {
    const steps = stepsForTime(options.cost, config.steps);
    ({ config } = await loadConfig({ set: [...set, `steps=${steps}`] }));
  }
  if (config.evaluation.samples !== 8) {
    throw new UserError(
      `evaluation.samples: found ${config.evaluation.samples}, expected 8, the k of the results' avg@8.`,
    );
  }
  return config;
}

/**
 * Trains one arm with the loop of `cppo train`, evaluates it in-domain and out-of-domain, and adds a line for each split to
 * the results file. What a killed run did before is not done again: training goes on from its checkpoint, an evaluation from
 * its last question.
 *
 * @returns whether there was anything to do.
 */
export async function runArm(
  run: PlannedRun,
  options: ArmOptions,
  check: () => Promise<void>,
): Promise<boolean> {
  const config = await configOf(run, options);
  const missing = missingSplits(run, config, options);
  if (missing.length === 0) return false;
  const directory = openDirectory(config);
  try {
    const checkpoint = findCheckpoint(directory);
    const session = await openSession(config, checkpoint?.directory);
    try {
      if (run.arm.training !== 'none') {
        if (checkpoint !== undefined) await restoreOptimizer(session.optimizer, checkpoint.directory);
        await runTraining(session, directory, checkpoint?.state.step ?? 0, check);
      }
      const training = trainingFigures(readMetrics(directory.file('metrics.jsonl')));
      for (const [split, spec] of missing) {
        const outcomes = await evaluateSplit(session, directory, split, spec, check);
        appendResult(options.results, {
          arm: run.arm.name,
          seed: run.seed,
          split,
          ...measured(outcomes),
          ...training,
          protocol: options.protocol,
          settings: run.arm.settings,
          engine: session.engine.description,
          commit: commit(),
        });
      }
      // Tens of megabytes a run, and nothing of them is needed once the run is recorded.
      rmSync(directory.file('checkpoints'), { recursive: true, force: true });
      rmSync(directory.file('rollouts'), { recursive: true, force: true });
    } finally {
      await session.source.close();
    }
  } finally {
    directory.unlock();
  }
  return true;
}

function openDirectory(config: Config): RunDirectory {
  const path = config.output as string;
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
