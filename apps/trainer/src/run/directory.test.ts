import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RunDirectory } from './directory.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-run-'));
});
afterEach(() => rmSync(root, { recursive: true }));

it('numbers directories whose name is taken', () => {
  const path = join(root, 'run');
  expect(RunDirectory.create(path, { exact: false }).path).toBe(path);
  expect(RunDirectory.create(path, { exact: false }).path).toBe(`${path}-2`);
  expect(RunDirectory.create(path, { exact: false }).path).toBe(`${path}-3`);
});

it('does not write over a run that was named', () => {
  const path = join(root, 'run');
  const run = RunDirectory.create(path, { exact: true });
  writeFileSync(run.file('config.json'), '{}');
  run.unlock();
  expect(() => RunDirectory.create(path, { exact: true })).toThrow('already holds a run');
});

it('refuses a second process and forgives a dead one', () => {
  const run = RunDirectory.create(join(root, 'run'), { exact: true });
  writeFileSync(run.file('config.json'), '{}');
  // The parent of this process is alive and is not this process.
  writeFileSync(run.file('run.lock'), String(process.ppid));
  expect(() => RunDirectory.open(run.path)).toThrow(`in use by another cppo (process ${process.ppid})`);
  writeFileSync(run.file('run.lock'), '999999999');
  RunDirectory.open(run.path).unlock();
  expect(existsSync(run.file('run.lock'))).toBe(false);
});

it('says when there is no run', () => {
  expect(() => RunDirectory.open(join(root, 'none'))).toThrow('holds no run');
});
