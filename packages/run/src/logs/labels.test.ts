import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { UserError } from '../user-error.js';
import { isTag, labelRun, readLabels } from './labels.js';

let run: string;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'cppo-labels-'));
});
afterEach(() => rmSync(run, { recursive: true }));

it('adds and removes tags, each once, and keeps the note until another comes', () => {
  expect(readLabels(run)).toEqual({ tags: [] });
  labelRun(run, { add: ['keep', 'small'], note: 'as published' });
  expect(labelRun(run, { add: ['keep', 'new'], remove: ['small', 'unknown'] })).toEqual({
    tags: ['keep', 'new'],
    note: 'as published',
  });
  expect(labelRun(run, { note: '' })).toEqual({ tags: ['keep', 'new'] });
  expect(readLabels(run)).toEqual({ tags: ['keep', 'new'] });
  expect(readdirSync(run)).toEqual(['labels.json']);
});

it('refuses tags that could not be told apart in a list', () => {
  for (const tag of ['', 'two words', 'a,b', 'line\n']) {
    expect(() => labelRun(run, { add: [tag] })).toThrow(
      new UserError(`tag: found ${JSON.stringify(tag)}, expected a word without white space or commas.`),
    );
  }
  expect(readdirSync(run)).toEqual([]);
  expect(['', 'two words', 'a,b', 'a-b.c'].map(isTag)).toEqual([false, false, false, true]);
});

it('names a file that holds something else', () => {
  writeFileSync(join(run, 'labels.json'), '{"tags":"keep"}');
  expect(() => readLabels(run)).toThrow(/labels\.json: found \{"tags":"keep"\}, expected/);
  writeFileSync(join(run, 'labels.json'), '{');
  expect(() => readLabels(run)).toThrow(/labels\.json is not JSON/);
});
