import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type GroupRecord, writeRollouts } from '../logs/rollout-log.js';
import { sampleRollouts, spread } from './sample-rollouts.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-rollouts-'));
  for (let step = 1; step <= 9; step++)
    writeRollouts(
      root,
      step,
      [0, 1, 2].map((i) => group(step, i)),
    );
});
afterAll(() => rmSync(root, { recursive: true }));

/** The second group of a step has pictures. */
function group(step: number, index: number): GroupRecord {
  const images = index === 1 ? { images: { original: `data:image/png;base64,${'A'.repeat(2000)}` } } : {};
  return { step, id: `${index}`, question: 'q', answer: 'a', ...images, completions: [] };
}

it('takes steps evenly over the run, and says how much there was', () => {
  const { groups, rolledOut } = sampleRollouts(root, { steps: 3, groups: 2, characters: 1e6 });
  expect(groups.map(({ step, id }) => `${step}/${id}`)).toEqual(['1/0', '1/1', '5/0', '5/1', '9/0', '9/1']);
  expect(rolledOut).toEqual({ steps: 9, groups: 27 });
});

it('keeps to its size: groups with pictures come first, and each step has one at least', () => {
  const { groups } = sampleRollouts(root, { steps: 9, groups: 3, characters: 9 * 100 });
  expect(groups.map(({ id }) => id)).toEqual(Array(9).fill('1'));
});

it('spreads from the first to the last', () => {
  expect(spread([1, 2, 3, 4, 5], 2)).toEqual([1, 5]);
  expect(spread([1, 2, 3], 1)).toEqual([3]);
  expect(spread([1, 2], 5)).toEqual([1, 2]);
  expect(sampleRollouts(join(root, 'none')).rolledOut).toEqual({ steps: 0, groups: 0 });
});
