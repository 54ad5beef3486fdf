import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Ablation,
  type AblationPlan,
  armNamed,
  describeProgress,
  nameOf,
  type PlannedRun,
  plan,
  readPlan,
  runArm,
  runInProcesses,
  standardPlan,
  wholePlan,
  withOverrides,
} from '@cppo/bench/experiments';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import { checkOutputDirectory, UserError } from '@cppo/run';
import { Interrupted, Interruption, Progress, readSettingsFile } from '@cppo/training';
import { configureRun } from './ablation-run.js';

export interface AblationOptions {
  readonly arm: readonly string[];
  readonly seed: readonly string[];
  readonly all?: boolean;
  /** File of a plan in place of the standard one. */
  readonly plan?: string;
  readonly steps?: number;
  readonly set: readonly string[];
  readonly results: string;
  readonly cost: string;
  readonly runs: string;
  readonly jobs: number;
  readonly dryRun?: boolean;
}

/** `cppo bench ablation`: one run in this process; several one after another, each in a process of its own. */
export async function ablation(options: AblationOptions): Promise<void> {
  const { protocol, tables } = await planOf(options.plan);
  const runs = chosenRuns(options, tables);
  const { steps, set, results, cost, runs: directory } = options;
  const chosen: Ablation<EncodedPrompt> = {
    protocol: withOverrides(protocol, [...(steps === undefined ? [] : [`steps=${steps}`]), ...set]),
    ...{ results, cost, runs: directory },
    configure: configureRun,
    showProgress: (title, total) => new Progress(title, total),
  };
  if (!options.dryRun) {
    checkOutputDirectory('--results', dirname(results));
    checkOutputDirectory('--runs', directory);
  }
  if (options.dryRun) {
    for (const run of runs) console.log(`${nameOf(run)}: ${await describeProgress(run, chosen)}`);
  } else if (runs.length === 1) {
    await runHere(runs[0]!, chosen);
  } else {
    await runAll(runs, options);
  }
}

/** The plan of a file, or the standard one. */
export async function planOf(file: string | undefined): Promise<AblationPlan> {
  if (file === undefined) return standardPlan;
  const value = await readSettingsFile(file, '--plan');
  try {
    return readPlan(value);
  } catch (error) {
    throw new UserError(`${file}: ${(error as Error).message}`);
  }
}

function chosenRuns(
  { all, arm: names, seed }: AblationOptions,
  tables: AblationPlan['tables'],
): PlannedRun[] {
  if (all === names.length > 0) {
    throw new UserError('--arm: found together with --all, expected one of them.');
  }
  if (names.length === 0 && !all) throw new UserError('--arm: found none, expected an arm, or --all.');
  const seeds = seed.map((text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1)
      throw new UserError(`--seed: found ${JSON.stringify(text)}, expected a whole number above 0.`);
    return value;
  });
  if (all) {
    const whole = wholePlan(tables);
    return seeds.length === 0 ? whole : whole.filter((run) => run.seed === 0 || seeds.includes(run.seed));
  }
  const arms = names.map((name) => armNamed(name, tables));
  return plan(arms, seeds.length === 0 ? [1] : seeds);
}

async function runHere(run: PlannedRun, chosen: Ablation<EncodedPrompt>): Promise<void> {
  const interruption = new Interruption();
  try {
    const did = await runArm(run, chosen, () => interruption.check());
    console.error(`${nameOf(run)}: ${did ? `added to ${chosen.results}` : 'already there'}`);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    console.error(`${nameOf(run)}: stopped; the same command resumes it.`);
    process.exitCode = error.exitCode;
  } finally {
    interruption.dispose();
  }
}

async function runAll(
  runs: readonly PlannedRun[],
  { steps, set, jobs, results, cost, runs: directory, plan: file }: AblationOptions,
): Promise<void> {
  const { failed, stopped } = await runInProcesses(runs, {
    jobs,
    program: fileURLToPath(new URL('./cli.js', import.meta.url)),
    parametersOf: ({ arm, seed }) => [
      ...['bench', 'ablation', '--arm', arm.name, '--seed', String(Math.max(1, seed))],
      ...['--results', results, '--cost', cost, '--runs', directory],
      ...(file === undefined ? [] : ['--plan', file]),
      ...(steps === undefined ? [] : ['--steps', String(steps)]),
      ...set.flatMap((assignment) => ['--set', assignment]),
    ],
  });
  if (failed.length > 0)
    console.error(`cppo: ${failed.length} of ${runs.length} runs failed: ${failed.join(', ')}.`);
  if (stopped !== undefined || failed.length > 0) process.exitCode = stopped ?? 1;
}
