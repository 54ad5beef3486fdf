import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { availableMemory, cgroupLimit, memoryLimit } from './limit.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-cgroup-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function put(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

describe('the limit of cgroups', () => {
  it('is that of version 2, also of a group above', () => {
    put({
      'proc/self/cgroup': '0::/user.slice/run.scope\n',
      'sys/fs/cgroup/user.slice/run.scope/memory.max': 'max\n',
      'sys/fs/cgroup/user.slice/memory.max': '12884901888\n',
    });
    expect(cgroupLimit(root)).toBe(12 * 2 ** 30);
    put({ 'sys/fs/cgroup/user.slice/run.scope/memory.high': '8589934592\n' });
    expect(cgroupLimit(root)).toBe(8 * 2 ** 30);
  });

  it('is that of version 1, at the top of a container whose own path is not there', () => {
    put({
      'proc/self/cgroup': '12:cpu,cpuacct:/docker/abc\n7:memory:/docker/abc\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '4294967296\n',
    });
    expect(cgroupLimit(root)).toBe(2 ** 32);
  });

  it('is none where nothing is set, or nothing is known', () => {
    expect(cgroupLimit(root)).toBe(Number.POSITIVE_INFINITY);
    put({
      'proc/self/cgroup': '7:memory:/\n0::/\n',
      'sys/fs/cgroup/memory.max': 'max\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    });
    expect(cgroupLimit(root)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('memoryLimit', () => {
  it('takes what was asked for before the rest, and says where it comes from', () => {
    put({ 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/memory.max': '1073741824' });
    expect(memoryLimit(undefined, root)).toEqual({ bytes: 2 ** 30, source: 'its cgroup allows' });
    expect(memoryLimit(5e9, root)).toEqual({ bytes: 5e9, source: '--memory allows' });
    put({ 'sys/fs/cgroup/memory.max': `${2 * totalmem()}` });
    expect(memoryLimit(undefined, root)).toEqual({ bytes: totalmem(), source: 'the machine has' });
  });
});

it('reads what the system says is available', () => {
  put({ 'proc/meminfo': 'MemTotal:       24000000 kB\nMemAvailable:   16384 kB\n' });
  expect(availableMemory(root)).toBe(16 * 2 ** 20);
});
