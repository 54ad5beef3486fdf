import { expect, it } from 'vitest';
import { EqualRewards } from './equal-rewards.js';

const step = (zeroVariance: number, broken = 0) => ({
  step: 1,
  'groups/zeroVariance': zeroVariance,
  'gradient/broken': broken,
  'reward/mean': 0.25,
});

it('is said after three steps in a row, then at twice as many', () => {
  const watch = new EqualRewards(100);
  const said = Array.from({ length: 13 }, () => watch.after(step(1)) !== undefined);
  expect(said.flatMap((now, i) => (now ? [i + 1] : []))).toEqual([3, 6, 12]);
});

it('is not said where one group differs, and counts anew after it', () => {
  const watch = new EqualRewards(100);
  for (const share of [1, 1, 0.9, 1, 1]) expect(watch.after(step(share))).toBeUndefined();
  expect(watch.after(step(1))).toContain('equal in 3 steps in a row (on average 0.25)');
});

it('is said at the end of a run that is shorter, but not of completions that were not judged', () => {
  expect(new EqualRewards(1).after(step(1))).toContain('equal in this step');
  expect(new EqualRewards(1).after(step(1, 1))).toBeUndefined();
});
