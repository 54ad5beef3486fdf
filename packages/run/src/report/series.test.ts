import { expect, it } from 'vitest';
import { smooth, ticks } from '../page/smoothing.js';
import { toSeries } from './series.js';

it('keeps columns of one length where steps have different figures', () => {
  const series = toSeries([
    { step: 1, a: 1 },
    { step: 2, a: 2, b: Number.NaN },
    { step: 3, b: 1 / 3 },
  ]);
  expect(series).toEqual({
    steps: [1, 2, 3],
    columns: { a: [1, 2, null], b: [null, null, 0.33333] },
    stride: 1,
  });
});

it('draws a long run by the means of consecutive steps', () => {
  const lines = Array.from({ length: 10 }, (_, i) => ({ step: i + 1, a: i }));
  expect(toSeries(lines, 4)).toEqual({ steps: [3, 6, 9, 10], columns: { a: [1, 4, 7, 9] }, stride: 3 });
});

it('smooths with a correction for the start, and leaves gaps', () => {
  // d = 0.5: 4, (0.5·2 + 0.5·8) / 0.75, …
  expect(smooth([4, null, 8], 0.5)).toEqual([4, null, (0.25 * 4 + 0.5 * 8) / 0.75]);
  expect(smooth([3, 5], 0)).toEqual([3, 5]);
  expect(smooth([7, 7, 7], 0.9).map((value) => value?.toFixed(9))).toEqual(Array(3).fill('7.000000000'));
});

it.each([
  [0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [-0.02, 0.01, [-0.02, -0.01, 0, 0.01]],
  [1000, 3400, [1000, 1500, 2000, 2500, 3000]],
  [5, 5, [5]],
])('ticks of %d to %d are round', (low, high, expected) => {
  expect(ticks(low, high, 4)).toEqual(expected);
});
