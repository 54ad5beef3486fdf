import fc from 'fast-check';
import { expect, it } from 'vitest';
import { axisOf } from './axis.js';
import { formatNumber } from './format.js';

it.each<[number, number, string[], string | undefined]>([
  [-4.6e-4, -1.1e-4, ['−4', '−3', '−2'], '×10⁻⁴'],
  [0, 1, ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0'], undefined],
  [0, 19_000, ['0', '5,000', '10,000', '15,000'], undefined],
  [0, 3.2e6, ['0', '1', '2', '3'], '×10⁶'],
  [0.999955, 1.000005, ['0.99996', '0.99997', '0.99998', '0.99999', '1.00000'], undefined],
  [-0.011, 0.007, ['−0.010', '−0.005', '0.000', '0.005'], undefined],
])('labels %d to %d', (low, high, labels, factor) => {
  const axis = axisOf(low, high, 4);
  expect(axis.ticks.map(({ label }) => label)).toEqual(labels);
  expect(axis.factor).toBe(factor);
});

it.each<[number, string, string | undefined]>([
  [0, '0', undefined],
  [4, '4', undefined],
  [1e-4, '1', '×10⁻⁴'],
  [0.0013862, '1.386', '×10⁻³'],
])('labels a figure that is %d throughout by that alone', (value, label, factor) => {
  expect(axisOf(value - 1, value + 1, 4, value)).toEqual({ ticks: [{ at: value, label }], factor });
});

it('has labels that are short and differ, whatever the range', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1e9, max: 1e9, noNaN: true }),
      fc.double({ min: 1e-5, max: 10 }),
      (at, width) => {
        const { ticks } = axisOf(at, at + Math.max(1e-12, Math.abs(at) * width), 4);
        const labels = ticks.map(({ label }) => label);
        expect(new Set(labels).size).toBe(labels.length);
        for (const label of labels) expect(label.length).toBeLessThanOrEqual(8);
      },
    ),
  );
});

it.each([
  [-4.49e-4, '−4.49×10⁻⁴'],
  [1.5e6 + 0.5, '1.50×10⁶'],
  [1234.56, '1,235'],
  [0.00353, '0.00353'],
  [-0.25, '−0.25'],
  [Number.NaN, '–'],
])('writes %d as people read it', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});
