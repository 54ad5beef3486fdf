import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Whether a process is at work on a run: its lock names one that is alive, or one on another host. */
export function isGoingOn(directory: string): boolean {
  let lock: string;
  try {
    lock = readFileSync(join(directory, 'run.lock'), 'utf8');
  } catch {
    return false;
  }
  try {
    const { pid, host } = JSON.parse(lock) as { pid: number; host: string };
    if (host !== hostname()) return true;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
