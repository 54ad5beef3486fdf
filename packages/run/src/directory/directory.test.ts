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

it('removes what a kill left half-written, and nothing else', () => {
  const run = RunDirectory.create(join(root, 'run'), { exact: true });
  const kept = ['config.json', 'notes.tmp', 'rollouts/step-000001.jsonl', 'checkpoints/step-000001/weights'];
  const leftovers = [
    'metrics.jsonl.tmp',
    'evaluation-before.json.tmp',
    'model.partial-a1B2c3/config.json',
    'rollouts/step-000002.jsonl.tmp',
    'checkpoints/.step-000002.tmp/weights',
  ];
  for (const name of [...kept, ...leftovers]) writeFileSync(run.file(...name.split('/')), 'x');
  run.unlock();
  RunDirectory.open(run.path).unlock();
  const there = (names: string[]) => names.filter((name) => existsSync(join(run.path, name)));
  expect(there(kept)).toEqual(kept);
  expect(there(leftovers)).toEqual([]);
  expect(existsSync(join(run.path, 'model.partial-a1B2c3'))).toBe(false);
});

it('says why a directory cannot be made', () => {
  writeFileSync(join(root, 'file'), '');
  expect(() => RunDirectory.create(join(root, 'file', 'run'), { exact: true })).toThrow(
    'cannot be made (ENOTDIR)',
  );
});

it('says when there is no run', () => {
  expect(() => RunDirectory.open(join(root, 'none'))).toThrow('holds no run');
});
