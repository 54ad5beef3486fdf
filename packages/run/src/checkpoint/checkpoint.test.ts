import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { newestCheckpoint, writeCheckpoint } from './checkpoint.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-checkpoint-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (step: number) =>
  writeCheckpoint(root, { step, updates: step }, 2, async (directory) => {
    writeFileSync(join(directory, 'weights'), `weights of ${step}`);
  });

it('keeps the newest ones and finds the last', async () => {
  for (const step of [1, 2, 3]) await write(step);
  expect(readdirSync(root).sort()).toEqual(['step-000002', 'step-000003']);
  expect(newestCheckpoint(root, () => {})?.state).toEqual({ step: 3, updates: 3 });
});

it('leaves the last checkpoint whole when writing the next one fails', async () => {
  await write(1);
  await expect(
    writeCheckpoint(root, { step: 2, updates: 2 }, 2, async (directory) => {
      writeFileSync(join(directory, 'weights'), 'half');
      throw new Error('disk full');
    }),
  ).rejects.toThrow('disk full');
  expect(newestCheckpoint(root, () => {})?.state.step).toBe(1);
  expect(readdirSync(root)).toEqual(['step-000001']);
  await write(2);
  expect(newestCheckpoint(root, () => {})?.state.step).toBe(2);
});

it('does not count damaged ones that come later among those it keeps', async () => {
  for (const step of [1, 2, 3]) await write(step);
  rmSync(join(root, 'step-000003', 'weights'));
  // The run went on from step 2, and was stopped before it came to step 3 again.
  await writeCheckpoint(root, { step: 2, updates: 2 }, 1, async () => {});
  expect(readdirSync(root)).toEqual(['step-000002']);
});

it.each([
  ['changed', (directory: string) => writeFileSync(join(directory, 'weights'), 'other')],
  ['missing', (directory: string) => rmSync(join(directory, 'weights'))],
  ['cut short', (directory: string) => writeFileSync(join(directory, 'checkpoint.json'), '{"step":')],
  ['emptied', (directory: string) => writeFileSync(join(directory, 'checkpoint.json'), 'null')],
  [
    'renumbered',
    (directory: string) => {
      const path = join(directory, 'checkpoint.json');
      writeFileSync(path, readFileSync(path, 'utf8').replace('"step": 2', '"step": 9'));
    },
  ],
  [
    'replaced',
    (directory: string) => {
      rmSync(join(directory, 'weights'));
      mkdirSync(join(directory, 'weights'));
    },
  ],
])('passes over a checkpoint with a %s file', async (_, damage) => {
  await write(1);
  await write(2);
  damage(join(root, 'step-000002'));
  const onDamaged = vi.fn();
  expect(newestCheckpoint(root, onDamaged)?.state.step).toBe(1);
  expect(onDamaged).toHaveBeenCalledOnce();
});

it('knows of none in an empty directory', () => {
  expect(newestCheckpoint(join(root, 'none'), () => {})).toBeUndefined();
  expect(existsSync(join(root, 'none'))).toBe(false);
});
