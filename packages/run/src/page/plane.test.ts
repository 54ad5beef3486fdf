import { expect, it } from 'vitest';
import { planeOf } from './plane.js';
import { smooth } from './smoothing.js';

it('draws a smoothed constant as one, with the only label that it has', () => {
  const values = smooth(new Array(30).fill(0.0001), 0.9);
  expect(new Set(values).size).toBeGreaterThan(1);
  const { yAxis, toY } = planeOf(1, 30, values);
  expect(yAxis.ticks.map(({ label }) => label)).toEqual(['1']);
  expect(yAxis.factor).toBe('×10⁻⁴');
  expect(toY(0.0001)).toBe(72);
});

it('breaks a line where there is no value, and finds the step at a place', () => {
  const { pathOf, fromX, toX } = planeOf(1, 4, [0, 1]);
  expect(pathOf([1, 2, 3, 4], [0, null, 1, 1]).match(/[ML]/g)).toEqual(['M', 'M', 'L']);
  expect(fromX(toX(3))).toBeCloseTo(3, 2);
});
