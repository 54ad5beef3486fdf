import { expect } from 'vitest';

/** Every element within `tolerance` of the expected, relative to it where it is above 1. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 2e-5): void {
  expect(actual.length).toBe(expected.length);
  for (let index = 0; index < expected.length; index++) {
    const value = expected[index]!;
    const error = Math.abs(actual[index]! - value) / Math.max(1, Math.abs(value));
    expect(error, `element ${index}: ${actual[index]} instead of ${value}`).toBeLessThan(tolerance);
  }
}
