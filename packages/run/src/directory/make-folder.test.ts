import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isFolder, makeFolder } from './make-folder.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-folder-'));
});
afterAll(() => rmSync(root, { recursive: true }));

it('makes those above it, and takes one that is there', () => {
  const path = join(root, 'a/b/c');
  makeFolder(path);
  makeFolder(path);
  expect([isFolder(path), isFolder(join(root, 'a/x'))]).toEqual([true, false]);
});

it('says why not where a file stands in the way', () => {
  const file = join(root, 'file');
  writeFileSync(file, '');
  expect(() => makeFolder(file)).toThrow('EEXIST');
  expect(() => makeFolder(join(file, 'x/y'))).toThrow('EEXIST');
  expect(isFolder(join(file, 'x'))).toBe(false);
});

it.runIf(process.platform === 'linux')('ends where nothing can be made', () => {
  expect(() => makeFolder('/proc/cppo/x')).toThrow('ENOENT');
});
