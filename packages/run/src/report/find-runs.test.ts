import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { labelRun } from '../logs/labels.js';
import { runsText } from '../terminal/runs-text.js';
import { findRuns } from './find-runs.js';
import { summarizeRun } from './summarize-run.js';

const fixture = fileURLToPath(new URL('../../test/__fixtures__/run', import.meta.url));
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-runs-'));
});
afterEach(() => rmSync(root, { recursive: true }));

it('finds runs in folders of folders, and takes no model for one', () => {
  cpSync(fixture, join(root, 'b'), { recursive: true });
  cpSync(fixture, join(root, 'sweep', 'a'), { recursive: true });
  mkdirSync(join(root, 'b', 'model'));
  writeFileSync(join(root, 'b', 'model', 'config.json'), '{"model_type":"qwen2_5_vl"}');
  mkdirSync(join(root, 'model'));
  writeFileSync(join(root, 'model', 'config.json'), '{"model_type":"qwen2_5_vl"}');
  mkdirSync(join(root, 'begun'));
  writeFileSync(join(root, 'begun', 'config.json'), '{');
  expect(findRuns(root)).toEqual([join(root, 'b'), join(root, 'sweep', 'a')]);
  expect(findRuns(join(root, 'b'))).toEqual([join(root, 'b')]);
  expect(() => findRuns(join(root, 'none'))).toThrow('found no folder that can be read (ENOENT)');
});

it('says of a run what is known of it, and no more', () => {
  const run = join(root, 'run');
  cpSync(fixture, run, { recursive: true });
  labelRun(run, { add: ['keep'], note: 'as published' });
  const summary = summarizeRun(run);
  expect(summary).toMatchObject({
    name: 'run',
    objective: 'cppo',
    model: 'tiny',
    data: 'builtin:digits',
    seed: 2,
    done: 30,
    steps: 30,
    tags: ['keep'],
    note: 'as published',
    status: { state: 'finished' },
  });
  expect(summary.result?.after?.value).toBeCloseTo(0.5534, 4);
  const [heading, line] = runsText([summary]).split('\n');
  expect(heading?.split(/ {2,}/)).toContain('held out');
  expect(line).toContain('avg@8 35.4 % → 55.3 %');
  expect(line).toMatch(/#keep as published$/);
  writeFileSync(join(run, 'config.json'), '{"steps":40}');
  rmSync(join(run, 'evaluation-after.json'));
  rmSync(join(run, 'evaluation-before.json'));
  expect(summarizeRun(run)).not.toHaveProperty('objective');
  expect(summarizeRun(run)).not.toHaveProperty('result');
  expect(runsText([summarizeRun(run)])).toContain('30/40');
});
