import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { UserError } from '@cppo/run';
import { Interrupted, Interruption } from '@cppo/training';
import { protocol } from '../ablation/arms.js';
import { armNamed, nameOf, type PlannedRun, plan, wholePlan } from '../ablation/plan.js';
import { type ArmOptions, configOf, missingSplits, runArm } from '../ablation/run-arm.js';
import { checkOutputDirectory } from './output-file.js';

export interface AblationOptions {
  readonly arm: readonly string[];
  readonly seed: readonly string[];
  readonly all?: boolean;
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
  const runs = chosenRuns(options);
  const armOptions: ArmOptions = {
    protocol: withOverrides(protocol, [
      ...(options.steps === undefined ? [] : [`steps=${options.steps}`]),
      ...options.set,
    ]),
    results: options.results,
    cost: options.cost,
    runs: options.runs,
  };
  if (!options.dryRun) {
    checkOutputDirectory('--results', dirname(options.results));
    checkOutputDirectory('--runs', options.runs);
  }
  if (options.dryRun) {
    for (const run of runs) console.log(`${nameOf(run)}: ${await state(run, armOptions)}`);
  } else if (runs.length === 1) {
    await runHere(runs[0]!, armOptions);
  } else {
    await runAll(runs, armOptions, options);
  }
}

function chosenRuns({ all, arm: names, seed }: AblationOptions): PlannedRun[] {
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
    const whole = wholePlan();
    return seeds.length === 0 ? whole : whole.filter((run) => run.seed === 0 || seeds.includes(run.seed));
  }
  return plan(names.map(armNamed), seeds.length === 0 ? [1] : seeds);
}

/** The settings of all arms; what is given replaces the key's own. */
function withOverrides(settings: readonly string[], given: readonly string[]): string[] {
  const key = (assignment: string) => assignment.slice(0, Math.max(0, assignment.indexOf('=')));
  return [...settings.filter((one) => !given.some((other) => key(other) === key(one))), ...given];
}

async function state(run: PlannedRun, options: ArmOptions): Promise<string> {
  if (run.arm.training === 'equal-time' && !existsSync(options.cost)) return `needs ${options.cost}`;
  const missing = missingSplits(run, await configOf(run, options), options);
  return missing.length === 0 ? 'done' : `to do (${missing.map(([split]) => split).join(', ')})`;
}

async function runHere(run: PlannedRun, options: ArmOptions): Promise<void> {
  const interruption = new Interruption();
  try {
    const did = await runArm(run, options, () => interruption.check());
    console.error(`${nameOf(run)}: ${did ? `added to ${options.results}` : 'already there'}`);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    console.error(`${nameOf(run)}: stopped; the same command goes on with it.`);
    process.exitCode = error.exitCode;
  } finally {
    interruption.dispose();
  }
}

/**
 * Each in a process of its own: its memory goes back to the system, and a crash ends nothing but it. Several at once
 * start in the order of the plan too.
 */
async function runAll(
  runs: readonly PlannedRun[],
  options: ArmOptions,
  { steps, set, jobs }: AblationOptions,
): Promise<void> {
  const waiting = [...runs.entries()];
  const failed: string[] = [];
  let stopped: number | undefined;
  const worker = async () => {
    while (stopped === undefined) {
      const next = waiting.shift();
      if (next === undefined) return;
      const [i, run] = next;
      console.error(`── ${i + 1}/${runs.length} ${nameOf(run)}: ${run.arm.about}`);
      const code = await inChild(
        [
          ...['bench', 'ablation', '--arm', run.arm.name, '--seed', String(Math.max(1, run.seed))],
          ...['--results', options.results, '--cost', options.cost, '--runs', options.runs],
          ...(steps === undefined ? [] : ['--steps', String(steps)]),
          ...set.flatMap((assignment) => ['--set', assignment]),
        ],
        jobs > 1 ? nameOf(run) : undefined,
      );
      if (code >= 128) stopped = code;
      else if (code !== 0) failed.push(nameOf(run));
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  if (failed.length > 0)
    console.error(`cppo: ${failed.length} of ${runs.length} runs failed: ${failed.join(', ')}.`);
  if (stopped !== undefined || failed.length > 0) process.exitCode = stopped ?? 1;
}

/**
 * @param name put before each line of the child's, where several speak at once.
 * @returns the exit code; 128 + signal when this process was asked to stop or the child was killed.
 */
function inChild(parameters: readonly string[], name: string | undefined): Promise<number> {
  const program = fileURLToPath(new URL('./cli.js', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...parameters], {
      stdio: ['ignore', 'inherit', name === undefined ? 'inherit' : 'pipe'],
    });
    if (child.stderr !== null) {
      createInterface({ input: child.stderr }).on('line', (line) => console.error(`${name}: ${line}`));
    }
    // A terminal sends Ctrl-C to the children too; what is sent to this process alone is passed on.
    const onInterrupt = () => {
      if (!process.stdin.isTTY) child.kill('SIGINT');
    };
    const onTerminate = () => child.kill('SIGTERM');
    process.on('SIGINT', onInterrupt);
    process.on('SIGTERM', onTerminate);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 137));
    });
  });
}
