import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunDirectory, writeCheckpoint } from '@cppo/run';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { findCheckpoint } from './checkpointing.js';

let root: string;
let run: RunDirectory;
const said = vi.spyOn(console, 'error').mockImplementation(() => {});
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'cppo-checkpointing-'));
  run = RunDirectory.create(join(root, 'run'), { exact: true });
  for (const step of [1, 2]) {
    await writeCheckpoint(run.file('checkpoints'), { step, updates: step }, 2, async (directory) =>
      writeFileSync(join(directory, 'weights'), 'w'),
    );
  }
  said.mockClear();
});
afterEach(() => rmSync(root, { recursive: true }));

const damage = (step: number) => writeFileSync(run.file('checkpoints', `step-00000${step}`, 'weights'), 'v');

it('goes on from the one before a damaged one, with a warning', () => {
  damage(2);
  expect(findCheckpoint(run)?.state.step).toBe(1);
  expect(said).toHaveBeenCalledExactlyOnceWith(
    expect.stringMatching(/damaged.*step-000002: weights has changed/),
  );
});

it('does not begin again behind the back of who has only damaged ones', () => {
  damage(1);
  damage(2);
  expect(() => findCheckpoint(run)).toThrow(
    /every checkpoint of .*run is damaged \(step-000002: .*; step-000001: .*\); put one back as it was, or delete .*checkpoints/,
  );
});

it('knows that a run has none yet', () => {
  rmSync(run.file('checkpoints'), { recursive: true });
  expect(findCheckpoint(run)).toBeUndefined();
});
