import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

/** How much memory the process may take, and what says so. */
export interface MemoryLimit {
  readonly bytes: number;
  /** For messages: `the machine has 24.0 GB`. */
  readonly source: 'the machine has' | 'its cgroup allows' | '--memory allows';
}

/**
 * The least of the machine's memory and of what its cgroups allow, or the requested limit.
 *
 * @param asked bytes; replaces the others, so that it can also lift an unintended limit.
 * @param root  where /proc and /sys are.
 */
export function memoryLimit(asked?: number, root = '/'): MemoryLimit {
  if (asked !== undefined) return { bytes: asked, source: '--memory allows' };
  const total = totalmem();
  const allowed = cgroupLimit(root);
  return allowed < total
    ? { bytes: allowed, source: 'its cgroup allows' }
    : { bytes: total, source: 'the machine has' };
}

/** Memory that can be had without pushing out other programs, bytes. */
export function availableMemory(root = '/'): number {
  const line = /^MemAvailable:\s+(\d+) kB$/m.exec(readIfThere(join(root, 'proc/meminfo')) ?? '');
  return line ? 1024 * Number(line[1]) : freemem();
}

/**
 * What the control groups of this process allow, version 2 and 1; infinite where there is no limit. A limit of any group above
 * counts too.
 */
export function cgroupLimit(root = '/'): number {
  let least = Number.POSITIVE_INFINITY;
  for (const line of (readIfThere(join(root, 'proc/self/cgroup')) ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined || controllers === undefined) continue;
    if (controllers === '') {
      least = Math.min(least, ...limitsUpwards(root, 'sys/fs/cgroup', path, ['memory.max', 'memory.high']));
    } else if (controllers.split(',').includes('memory')) {
      const files = ['memory.limit_in_bytes'];
      least = Math.min(least, ...limitsUpwards(root, 'sys/fs/cgroup/memory', path, files));
    }
  }
  return least;
}

/** In a container the path may be that outside of it: then only the files at the top are there. */
function* limitsUpwards(root: string, mount: string, path: string, files: readonly string[]) {
  for (let group = path; ; group = dirname(group)) {
    for (const file of files) {
      // No limit is "max", and in version 1 a number beyond all memory.
      const bytes = Number(readIfThere(join(root, mount, group, file)) ?? Number.NaN);
      if (bytes > 0 && bytes < 2 ** 60) yield bytes;
    }
    if (group === '/' || group === '.') return;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
