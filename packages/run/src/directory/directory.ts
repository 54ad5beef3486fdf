import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemError } from '../system-error.js';
import { UserError } from '../user-error.js';
import { DirectoryLock } from './lock.js';
import { makeDirectories } from './make-directories.js';

/** Paths of what a run leaves behind, and the lock that keeps a second process out. */
export class RunDirectory {
  private constructor(
    readonly path: string,
    private readonly lock: Pick<DirectoryLock, 'release'>,
  ) {}

  /** Makes a new directory; with `name` taken, the first free of `name-2`, `name-3`, … */
  static create(path: string, { exact, ...locking }: { exact: boolean; takeOver?: boolean }): RunDirectory {
    let chosen = path;
    if (exact) refuseTaken(path);
    else for (let number = 2; existsSync(chosen); number++) chosen = `${path}-${number}`;
    try {
      makeDirectories(chosen);
    } catch (error) {
      throw new UserError(`output: ${chosen} cannot be made (${systemError(error).code}).`);
    }
    const run = new RunDirectory(chosen, DirectoryLock.take(chosen, locking));
    run.prepare();
    try {
      // Once more: between the first look and the lock another process may have begun a run here.
      if (exact) refuseTaken(path);
    } catch (error) {
      run.unlock();
      throw error;
    }
    return run;
  }

  /** Opens the directory of an earlier run to continue it. */
  static open(path: string, locking: { takeOver?: boolean } = {}): RunDirectory {
    if (!existsSync(join(path, 'config.json'))) {
      throw new UserError(`--resume: ${path} holds no run: there is no config.json in it.`);
    }
    const run = new RunDirectory(path, DirectoryLock.take(path, locking));
    run.prepare();
    return run;
  }

  /**
   * Makes a directory for a process that takes part in a run whose directory another one writes: a temporary one, which
   * `unlock` removes.
   *
   * @param notes what that process knows of the run so far: its `notes`.
   */
  static follow(notes: Readonly<Record<string, string>>): RunDirectory {
    const path = mkdtempSync(join(tmpdir(), 'cppo-learner-'));
    const run = new RunDirectory(path, { release: () => rmSync(path, { recursive: true, force: true }) });
    run.prepare();
    for (const [name, text] of Object.entries(notes)) writeFileSync(run.file(name), text);
    return run;
  }

  /** The texts that decide how the run goes on, by their names: figures and evaluations so far. */
  notes(): Record<string, string> {
    const names = [
      ...readdirSync(this.path).filter((name) => /^(data|evaluation-.+)\.json$|^metrics\.jsonl$/.test(name)),
      ...namesIn(join(this.path, 'evaluations')).map((name) => join('evaluations', name)),
    ];
    return Object.fromEntries(names.map((name) => [name, readFileSync(join(this.path, name), 'utf8')]));
  }

  /** Removes what a kill left half-written, which it may have done before there was a run. */
  private prepare(): void {
    for (const leftover of halfWritten(this.path)) rmSync(leftover, { recursive: true, force: true });
    for (const folder of ['checkpoints', 'rollouts']) mkdirSync(join(this.path, folder), { recursive: true });
  }

  file(...parts: string[]): string {
    const path = join(this.path, ...parts);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  }

  unlock(): void {
    this.lock.release();
  }
}

function refuseTaken(path: string): void {
  if (existsSync(join(path, 'config.json'))) {
    throw new UserError(
      `output: ${path} already holds a run; continue it with --resume ${path}, or name another.`,
    );
  }
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Temporary files and directories of this program, by the names that it gives them. */
function halfWritten(path: string): string[] {
  const patterns: [folder: string, name: RegExp][] = [
    [
      '',
      /^((config|data|labels|sessions|evaluation-.+)\.json|(metrics|left-out)\.jsonl|report\.html)\.tmp$|^model\.(partial|replaced)-/,
    ],
    ['', /^run\.lock\./],
    ['rollouts', /^step-\d+\.jsonl\.tmp$/],
    ['evaluations', /^step-\d+\.json\.tmp$/],
    ['checkpoints', /^\.step-\d+\.tmp$/],
    ['best', /^\.step-\d+\.tmp$/],
  ];
  return patterns.flatMap(([folder, pattern]) =>
    namesIn(join(path, folder))
      .filter((name) => pattern.test(name))
      .map((name) => join(path, folder, name)),
  );
}
