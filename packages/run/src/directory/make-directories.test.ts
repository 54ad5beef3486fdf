import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunDirectory } from './directory.js';
import { makeDirectories } from './make-directories.js';
import { checkOutputDirectory, checkOutputFile, makeOutputDirectory } from './output-file.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-made-'));
});
afterEach(() => rmSync(root, { recursive: true }));

describe('a directory', () => {
  it('is made with those above it, or is there already', () => {
    const path = join(root, 'a', 'b', 'c');
    makeDirectories(path);
    makeDirectories(path);
    expect(statSync(path).isDirectory()).toBe(true);
  });

  it('is not made in the place of a file, or below one', () => {
    writeFileSync(join(root, 'file'), '');
    expect(() => makeDirectories(join(root, 'file'))).toThrow('EEXIST');
    expect(() => makeDirectories(join(root, 'file', 'a', 'b'))).toThrow('ENOTDIR');
  });

  // Node's own recursive mkdir never comes to an end there.
  it.runIf(process.platform === 'linux')('in /proc is refused in one sentence', () => {
    expect(() => makeOutputDirectory('--out', '/proc/x/y')).toThrow(
      '--out: /proc/x/y cannot be written: /proc takes no new files.',
    );
    expect(() => checkOutputDirectory('--out', '/proc/x')).toThrow('/proc takes no new files.');
    expect(() => RunDirectory.create('/proc/x', { exact: true })).toThrow(
      'output: /proc/x cannot be made (ENOENT).',
    );
  });
});

describe('a file of results', () => {
  it('is refused before any work where it could not be written', () => {
    mkdirSync(join(root, 'folder'));
    expect(() => checkOutputFile('--html', join(root, 'none', 'page.html'))).toThrow(
      `--html: found ${join(root, 'none', 'page.html')}, but there is no directory ${join(root, 'none')}`,
    );
    expect(() => checkOutputFile('--html', join(root, 'folder'))).toThrow('expected a file to write.');
    expect(() => checkOutputFile('--html', join(root, 'page.html'))).not.toThrow();
    // What tried it is gone.
    expect(readdirSync(root)).toEqual(['folder']);
  });
});
