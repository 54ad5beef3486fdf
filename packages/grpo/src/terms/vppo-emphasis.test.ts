import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../../test/expect-close.js';
import { perceptionDependence, scaleByDependence, strongestTokens } from './vppo-emphasis.js';

describe('VPPO', () => {
  it('measures how much a token depends on the image', () => {
    // d = 0, −1, 1, and ±20 after clamping: e^d − d − 1, at most 10
    const s = perceptionDependence([-1, -1, -2, -50, -1], [-1, -2, -1, -1, -60]);
    expectClose(s, [0, Math.exp(-1), Math.E - 2, 10, 10], 1e-12);
  });

  it('keeps the top share of the tokens, the earlier of equals', () => {
    expect([...strongestTokens([1, 5, 3, 5, 2], 0.4)]).toEqual([0, 1, 0, 1, 0]);
    expect([...strongestTokens([1, 1, 1], 0.4)]).toEqual([1, 1, 0]);
    expect([...strongestTokens([7], 0.4)]).toEqual([1]);
    expect([...strongestTokens([], 0.4)]).toEqual([]);
  });

  it('scales advantages to a mean of 1', () => {
    // means 1, 2 and 4: normalised 0, ⅓, 1 with mean 4/9; a_max = 0.9 + 0.1·9/4 = 1.125
    const scales = scaleByDependence(
      [[1], [2, 2], [4]].map((row) => Float64Array.from(row)),
      0.9,
    );
    expectClose(scales, [0.9, 0.9 + 0.225 / 3, 1.125], 1e-12);
    const rows = fc.array(
      fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1, maxLength: 4 }),
      {
        minLength: 2,
        maxLength: 8,
      },
    );
    fc.assert(
      fc.property(rows, (values) => {
        const factors = scaleByDependence(
          values.map((row) => Float64Array.from(row)),
          0.9,
        );
        expect(factors.reduce((sum, factor) => sum + factor, 0) / factors.length).toBeCloseTo(1, 9);
        expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.9 - 1e-12);
      }),
    );
  });

  it('scales nothing when completions do not differ or scaling is off', () => {
    expect([...scaleByDependence([Float64Array.of(2), Float64Array.of(2)], 0.9)]).toEqual([1, 1]);
    expect([...scaleByDependence([Float64Array.of(2), Float64Array.of(3)], null)]).toEqual([1, 1]);
    expect([...scaleByDependence([Float64Array.of(), Float64Array.of(3)], 0.9)]).toEqual([1, 1]);
  });
});
