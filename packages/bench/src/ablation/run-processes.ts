import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { nameOf, type PlannedRun } from './plan.js';

export interface ProcessOptions {
  /** Runs at once. */
  readonly jobs: number;
  /** A program for Node that makes one run. */
  readonly program: string;
  /** Its parameters for a run. */
  readonly parametersOf: (run: PlannedRun) => readonly string[];
  /** The file to which a run's process speaks; the streams of this process when left out. */
  readonly logOf?: (run: PlannedRun) => string;
  /** Told when a run begins; a line on standard error when left out. */
  readonly onBegin?: (run: PlannedRun) => void;
  /** Told with which code a run's process ended; 128 + signal when it was stopped. */
  readonly onEnd?: (run: PlannedRun, code: number) => void;
}

/** How several runs ended. */
export interface ProcessesEnd {
  /** Names of the runs that failed. */
  readonly failed: readonly string[];
  /** The exit code of a run that was stopped by a signal, 128 + its number; then the rest was not begun. */
  readonly stopped?: number;
}

/**
 * Runs each in a process of its own: its memory goes back to the system, and a crash ends nothing but it. Several at once
 * start in the order of the plan too. What they say goes to the streams of this process.
 */
export async function runInProcesses(
  runs: readonly PlannedRun[],
  { jobs, program, parametersOf, logOf, onBegin, onEnd }: ProcessOptions,
): Promise<ProcessesEnd> {
  const waiting = [...runs.entries()];
  const failed: string[] = [];
  const children = new Set<ChildProcess>();
  let stopped: number | undefined;
  const worker = async () => {
    while (stopped === undefined) {
      const next = waiting.shift();
      if (next === undefined) return;
      const [i, run] = next;
      if (onBegin === undefined) {
        console.error(`── ${i + 1}/${runs.length} ${nameOf(run)}: ${run.arm.about}`);
      } else onBegin(run);
      const log = logOf?.(run);
      const speaker = log !== undefined ? { log } : jobs > 1 ? { name: nameOf(run) } : {};
      const code = await inProcess([program, ...parametersOf(run)], speaker, children);
      onEnd?.(run, code);
      if (code >= 128) stopped ??= code;
      else if (code !== 0) failed.push(nameOf(run));
    }
  };
  const stop = (signal: 'SIGINT' | 'SIGTERM') => {
    stopped ??= signal === 'SIGINT' ? 130 : 143;
    // A terminal sends Ctrl-C to the children too; what is sent to this process alone is passed on.
    if (signal === 'SIGTERM' || !process.stdin.isTTY) for (const child of children) child.kill(signal);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    await Promise.all(Array.from({ length: jobs }, worker));
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
  return { failed, ...(stopped === undefined ? {} : { stopped }) };
}

/** Where a process speaks to: a file, or the streams of this process, with its name where several speak at once. */
interface Speaker {
  readonly log?: string;
  readonly name?: string;
}

/** @returns the exit code; 128 + signal when the child was stopped or killed. */
async function inProcess(
  parameters: readonly string[],
  { log, name }: Speaker,
  children: Set<ChildProcess>,
): Promise<number> {
  const file = log === undefined ? undefined : openSync(log, 'a');
  const child = spawn(process.execPath, [...parameters], {
    stdio: ['ignore', file ?? 'inherit', file ?? (name === undefined ? 'inherit' : 'pipe')],
  });
  children.add(child);
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => console.error(`${name}: ${line}`));
  }
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 137)));
    });
  } finally {
    children.delete(child);
    if (file !== undefined) closeSync(file);
  }
}
