import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendWhole, writeWholeFile } from './whole-file.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-file-'));
});
afterEach(() => rmSync(root, { recursive: true }));

it('replaces a file and leaves no temporary one', () => {
  const path = join(root, 'file');
  writeWholeFile(path, 'old');
  writeWholeFile(path, new Uint8Array([110, 101, 119]));
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(existsSync(`${path}.tmp`)).toBe(false);
});

it('appends', () => {
  const path = join(root, 'file');
  appendWhole(path, 'a\n');
  appendWhole(path, 'b\n');
  expect(readFileSync(path, 'utf8')).toBe('a\nb\n');
});

// Every write to this device finds the disk full.
describe.skipIf(!existsSync('/dev/full'))('a full disk', () => {
  it('leaves the old file', () => {
    const path = join(root, 'file');
    writeFileSync(path, 'old');
    symlinkSync('/dev/full', `${path}.tmp`);
    expect(() => writeWholeFile(path, 'new')).toThrow('ENOSPC');
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(existsSync(`${path}.tmp`)).toBe(false);
    expect(statSync('/dev/full').isCharacterDevice()).toBe(true);
  });
});

describe.skipIf(process.platform === 'win32')('what is there and no plain file', () => {
  it('is written into when it is a pipe, and stays one', () => {
    const pipe = join(root, 'pipe');
    execFileSync('mkfifo', [pipe]);
    // Opened for both, it takes what is written without a reader, and reading waits for nothing.
    const handle = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    writeWholeFile(pipe, 'content');
    const read = Buffer.alloc(20);
    expect(read.toString('utf8', 0, readSync(handle, read))).toBe('content');
    expect(statSync(pipe).isFIFO()).toBe(true);
    closeSync(handle);
  });

  it('stays a link, and its file is written', () => {
    writeFileSync(join(root, 'file'), 'old');
    symlinkSync('file', join(root, 'link'));
    writeWholeFile(join(root, 'link'), 'new');
    expect(readFileSync(join(root, 'file'), 'utf8')).toBe('new');
    expect(readdirSync(root).sort()).toEqual(['file', 'link']);
  });
});
