import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../user-error.js';

/** Paths of what a run leaves behind, and the lock that keeps a second process out. */
export class RunDirectory {
  private constructor(readonly path: string) {}

  /** Makes a new directory; with `name` taken, the first free of `name-2`, `name-3`, … */
  static create(path: string, { exact }: { exact: boolean }): RunDirectory {
    const free = (candidate: string) => !existsSync(candidate);
    let chosen = path;
    if (exact) {
      if (existsSync(join(path, 'config.json'))) {
        throw new UserError(
          `output: ${path} already holds a run; continue it with --resume ${path}, or name another.`,
        );
      }
    } else {
      for (let number = 2; !free(chosen); number++) chosen = `${path}-${number}`;
    }
    try {
      mkdirSync(join(chosen, 'checkpoints'), { recursive: true });
      mkdirSync(join(chosen, 'rollouts'), { recursive: true });
    } catch (error) {
      throw new UserError(`output: ${chosen} cannot be made (${(error as NodeJS.ErrnoException).code}).`);
    }
    return RunDirectory.locked(chosen);
  }

  /** Opens the directory of an earlier run to continue it. */
  static open(path: string): RunDirectory {
    if (!existsSync(join(path, 'config.json'))) {
      throw new UserError(`--resume: ${path} holds no run: there is no config.json in it.`);
    }
    mkdirSync(join(path, 'checkpoints'), { recursive: true });
    mkdirSync(join(path, 'rollouts'), { recursive: true });
    return RunDirectory.locked(path);
  }

  private static locked(path: string): RunDirectory {
    const directory = new RunDirectory(path);
    directory.lock();
    return directory;
  }

  file(...parts: string[]): string {
    const path = join(this.path, ...parts);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  }

  private lock(): void {
    const path = join(this.path, 'run.lock');
    for (;;) {
      let handle: number;
      try {
        handle = openSync(path, 'wx');
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code !== 'EEXIST') throw new UserError(`output: ${this.path} cannot be written (${code}).`);
        const owner = Number(readFileSync(path, 'utf8'));
        if (isAlive(owner)) {
          throw new UserError(`output: ${this.path} is in use by another cppo (process ${owner}).`);
        }
        rmSync(path, { force: true }); // left by a process that was killed
        continue;
      }
      writeSync(handle, String(process.pid));
      closeSync(handle);
      return;
    }
  }

  unlock(): void {
    rmSync(join(this.path, 'run.lock'), { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
