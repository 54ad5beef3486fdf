import { execFileSync } from 'node:child_process';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemError } from '../system-error.js';
import { UserError } from '../user-error.js';

/** A process, distinguishable from a later one with the same number. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When it started, in whatever words the system has for it; empty where it has none. */
  readonly started: string;
}

/**
 * Keeps a second process out of a directory, and forgives an owner that was killed: `run.lock` names the process, its
 * host and its start, so that another process that got the dead one's number is not taken for it.
 */
export class DirectoryLock {
  private constructor(
    private readonly path: string,
    private readonly content: string,
  ) {}

  /**
   * @param takeOver also from a process on another host, which the caller knows to be gone.
   * @throws UserError when another process has it, or one on another host may have.
   */
  static take(directory: string, { takeOver = false }: { readonly takeOver?: boolean } = {}): DirectoryLock {
    const path = join(directory, 'run.lock');
    const owner: Owner = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
    const content = `${JSON.stringify(owner)}\n`;
    const own = `${path}.${process.pid}`;
    try {
      writeFileSync(own, content);
      // A link appears with its content, unlike a file that is created and then written.
      while (!linked(own, path)) dropStale(directory, path, `${own}.stale`, takeOver);
    } catch (error) {
      const { code } = systemError(error);
      throw code === undefined ? error : new UserError(`output: ${directory} cannot be written (${code}).`);
    } finally {
      rmSync(own, { force: true });
    }
    return new DirectoryLock(path, content);
  }

  release(): void {
    if (read(this.path) === this.content) rmSync(this.path, { force: true });
  }
}

/**
 * Checks whether a process is working on a directory: its lock names a live process, or one on another host.
 *
 * @param directory of a run.
 * @returns true when it is locked.
 * @example
 * isLocked(folder); // false
 */
export function isLocked(directory: string): boolean {
  const owner = parse(read(join(directory, 'run.lock')) ?? '');
  return owner !== undefined && (owner.host !== hostname() || isAlive(owner));
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    const { code } = systemError(error);
    if (code === 'EEXIST') return false;
    // File systems without links: created first and written then, which a kill may come between.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
  }
  try {
    writeFileSync(to, readFileSync(from), { flag: 'wx' });
    return true;
  } catch (error) {
    if (systemError(error).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a process that is gone. */
function dropStale(directory: string, path: string, aside: string, takeOver: boolean): void {
  const found = read(path);
  if (found === undefined) return;
  const owner = parse(found);
  if (owner !== undefined) {
    const elsewhere = owner.host !== hostname();
    if (elsewhere && !takeOver) {
      throw new UserError(
        `output: ${directory} was locked by process ${owner.pid} on ${owner.host}; if that has ended, delete ${path}.`,
      );
    }
    if (!elsewhere && isAlive(owner)) {
      throw new UserError(`output: ${directory} is in use by another cppo (process ${owner.pid}).`);
    }
  }
  // Another process may have seen the same: what was moved away must be what was judged.
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (read(aside) !== found) linked(aside, path);
  rmSync(aside, { force: true });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** @returns nothing for a lock that a kill cut short. */
function parse(content: string): Owner | undefined {
  try {
    const { pid, host, started } = JSON.parse(content) as Owner;
    return Number.isInteger(pid) && pid > 0 ? { pid, host, started } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemError(error).code !== 'EPERM') return false;
  }
  return started === startOf(pid);
}

/** When a process started: /proc on Linux (ticks since this boot), `ps` on other Unixes. */
function startOf(pid: number): string {
  try {
    if (process.platform === 'linux') {
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      // The name in brackets may hold spaces; the start is the 20th field after it.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return `${boot} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
    }
    if (process.platform === 'win32') return '';
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
