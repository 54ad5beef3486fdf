import type { ViewRow } from '@cppo/bench/experiments';
import { expect, it } from 'vitest';
import { cppo } from './command.js';

it('says what a model sees under each view: all of it, or nothing', async () => {
  const views = ['{name: rotate, degrees: [0, 0]}', '{name: patchMask, probability: 1}'];
  const { code, stdout } = await cppo([
    ...['bench', 'views', '--questions', '12', '--samples', '4', '--engine', 'wasm', '--json'],
    ...views.flatMap((view) => ['--view', view]),
  ]);
  expect(code).toBe(0);
  const [unchanged, turned, hidden] = JSON.parse(stdout) as ViewRow[];
  expect([unchanged?.view, turned?.view, hidden?.view]).toEqual(['identity', ...views]);
  expect(unchanged?.accuracy.value).toBeGreaterThan(0.25);
  expect(turned?.accuracy).toEqual(unchanged?.accuracy);
  expect(turned?.difference).toEqual({ value: 0, low: 0, high: 0 });
  // Two digits in the dark are a matter of luck.
  expect(hidden?.accuracy.value).toBeLessThan(0.2);
  expect(hidden?.difference?.high).toBeLessThan(0);
});
