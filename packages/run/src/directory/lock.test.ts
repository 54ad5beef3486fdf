import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DirectoryLock, isLocked } from './lock.js';

let root: string;
let path: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-lock-'));
  path = join(root, 'run.lock');
});
afterEach(() => rmSync(root, { recursive: true }));

/** A lock as a process leaves it that could not release it. */
function leave(owner: object): void {
  writeFileSync(path, JSON.stringify(owner));
}

it('is there while it is held, and leaves nothing behind', () => {
  const lock = DirectoryLock.take(root);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() });
  expect(() => DirectoryLock.take(root)).toThrow(`in use by another cppo (process ${process.pid})`);
  lock.release();
  expect(readdirSync(root)).toEqual([]);
});

it('forgives a process that was killed', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  child.kill('SIGKILL');
  await once(child, 'exit');
  leave({ pid: child.pid, host: hostname(), started: 'before' });
  DirectoryLock.take(root).release();
  expect(existsSync(path)).toBe(false);
});

it("does not take a process that got a dead one's number for it", () => {
  // The parent of this process is alive, but did not start when the lock's owner did.
  leave({ pid: process.ppid, host: hostname(), started: 'another time' });
  DirectoryLock.take(root).release();
});

it('asks about an owner on another host, which cannot be looked at', () => {
  leave({ pid: 1, host: `not-${hostname()}`, started: '' });
  expect(() => DirectoryLock.take(root)).toThrow(/locked by process 1 on not-.*delete .*run\.lock/);
});

it('forgives a lock that a kill cut short', () => {
  for (const content of ['', '{"pid":']) {
    writeFileSync(path, content);
    DirectoryLock.take(root).release();
  }
});

it('does not release what is no longer its own', () => {
  const lock = DirectoryLock.take(root);
  leave({ pid: 1, host: hostname(), started: '' });
  lock.release();
  expect(existsSync(path)).toBe(true);
});

it('says whether a process is at work', () => {
  expect(isLocked(root)).toBe(false);
  const lock = DirectoryLock.take(root);
  expect(isLocked(root)).toBe(true);
  lock.release();
  expect(isLocked(root)).toBe(false);
  leave({ pid: process.ppid, host: hostname(), started: 'another time' });
  expect(isLocked(root)).toBe(false);
  leave({ pid: 1, host: `not-${hostname()}`, started: '' });
  expect(isLocked(root)).toBe(true);
  writeFileSync(path, '{"pid":');
  expect(isLocked(root)).toBe(false);
});

it('lets one of several processes in that find a stale lock at the same time', async () => {
  leave({ pid: 999_999_999, host: hostname(), started: '' });
  const module = new URL('./lock.ts', import.meta.url).pathname;
  const program = `
    const { createJiti } = await import('jiti');
    const { DirectoryLock } = await createJiti(import.meta.url).import(${JSON.stringify(module)});
    try { DirectoryLock.take(${JSON.stringify(root)}); console.log('in'); } catch { console.log('out'); }
    process.stdin.resume(); // until the parent has heard from all`;
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: new URL('.', import.meta.url).pathname,
    }),
  );
  const answers = await Promise.all(
    children.map(async ({ stdout }) => String((await once(stdout, 'data'))[0]).trim()),
  );
  for (const { stdin } of children) stdin.end();
  expect(answers.filter((answer) => answer === 'in')).toHaveLength(1);
});
