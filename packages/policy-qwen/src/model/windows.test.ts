import { describe, expect, test } from 'vitest';
import { fixture } from '../__fixtures__/models.js';
import { parseQwenConfig } from '../config.js';
import { windowPlan } from './windows.js';

const { vision } = parseQwenConfig(fixture('tied').config);

// Worked by hand: windows are 4×4 merge units, clipped at the right and at the bottom.
describe('windowPlan', () => {
  test('a picture of 168×140 pixels has four windows of different sizes', () => {
    const plan = windowPlan([[1, 10, 12]], vision);
    expect(Array.from(plan.order)).toEqual([
      ...[0, 1, 2, 3, 6, 7, 8, 9, 12, 13, 14, 15, 18, 19, 20, 21],
      ...[4, 5, 10, 11, 16, 17, 22, 23],
      ...[24, 25, 26, 27],
      ...[28, 29],
    ]);
    expect(plan.windows).toEqual([64, 32, 16, 8]);
    expect(plan.frames).toEqual([120]);
    expect(Array.from(plan.inverse.subarray(0, 8))).toEqual([0, 1, 2, 3, 16, 17, 4, 5]);
    expect(Array.from(plan.rows.subarray(64, 72))).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
    expect(Array.from(plan.columns.subarray(64, 72))).toEqual([8, 9, 8, 9, 10, 11, 10, 11]);
  });

  test('a second picture starts windows of its own', () => {
    const plan = windowPlan(
      [
        [1, 6, 8],
        [1, 10, 12],
      ],
      vision,
    );
    expect(plan.windows).toEqual([48, 64, 32, 16, 8]);
    expect(plan.frames).toEqual([48, 120]);
    expect(plan.order[12]).toBe(12);
  });

  test('sides that windows divide leave none empty', () => {
    expect(windowPlan([[1, 16, 16]], vision).windows).toEqual([64, 64, 64, 64]);
  });
});
