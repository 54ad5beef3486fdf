import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../../test/expect-close.js';
import golden from '../__fixtures__/policy-loss.json';
import { type AdvantageOptions, advantagePresets, groupAdvantages } from '../index.js';

const rewards = golden.rewards.map((row) => row.map((reward) => reward ?? Number.NaN));
const flat = (rows: readonly Float32Array[]) => rows.flatMap((row) => Array.from(row));

describe('groupAdvantages', () => {
  it.each(golden.advantageCases)(
    'equals TRL with scale $scale, an unjudged completion included',
    (example) => {
      const options = { scale: example.scale, epsilon: 1e-4 } as AdvantageOptions;
      expectClose(flat(groupAdvantages(rewards, options)), example.advantages, 1e-6);
    },
  );

  it('computes the example of its formula', () => {
    // mean 0.5, unbiased std √(1/3) = 0.57735
    expectClose(groupAdvantages([[0, 1, 1, 0]])[0]!, [-0.8660239, 0.8660239, 0.8660239, -0.8660239], 1e-6);
    // std with N is 0.5
    expectClose(groupAdvantages([[0, 1, 1, 0]], { unbiased: false, epsilon: 0 })[0]!, [-1, 1, 1, -1]);
    // the others' means are 2/3, 1/3, 1/3 and 2/3
    expectClose(groupAdvantages([[0, 1, 1, 0]], advantagePresets.rloo)[0]!, [-2 / 3, 2 / 3, 2 / 3, -2 / 3]);
    // batch mean 0.5, batch std √(0.3)
    const whitened = 0.5 / Math.sqrt(0.3);
    expectClose(
      flat(
        groupAdvantages(
          [
            [0, 1],
            [1, 1],
            [0, 0],
          ],
          advantagePresets.reinforce_plus_plus,
        ),
      ),
      [-whitened, whitened, whitened, whitened, -whitened, -whitened],
    );
    // differences −½, ½, 0, 0, 0, 0 have std √0.1
    const half = 0.5 / Math.sqrt(0.1);
    expectClose(
      flat(
        groupAdvantages(
          [
            [0, 1],
            [1, 1],
            [0, 0],
          ],
          advantagePresets.reinforce_plus_plus_baseline,
        ),
      ),
      [-half, half, 0, 0, 0, 0],
    );
  });

  it('takes a single completion as it is', () => {
    expect(Array.from(groupAdvantages([[0.25]])[0]!)).toEqual([0.25]);
    expect(Array.from(groupAdvantages([[0.25]], advantagePresets.rloo)[0]!)).toEqual([0.25]);
  });

  const reward = fc.double({ min: -10, max: 10, noNaN: true });
  const batch = fc.array(fc.array(reward, { minLength: 2, maxLength: 6 }), { minLength: 1, maxLength: 5 });

  it('is exactly 0 where all rewards of a group are equal', () => {
    fc.assert(
      fc.property(reward, fc.integer({ min: 2, max: 9 }), (value, size) => {
        for (const baseline of ['mean', 'leave-one-out'] as const) {
          const [row] = groupAdvantages([Array(size).fill(value)], { baseline });
          expect(row!.every((advantage) => advantage === 0)).toBe(true);
        }
      }),
    );
  });

  it('sums to 0 in every group', () => {
    fc.assert(
      fc.property(batch, fc.constantFrom('group', 'batch', 'none', 'whiten' as const), (groups, scale) => {
        for (const row of groupAdvantages(groups, { scale: scale as 'group' })) {
          const size = row.reduce((sum, advantage) => sum + Math.abs(advantage), 0);
          expect(Math.abs(row.reduce((sum, advantage) => sum + advantage, 0))).toBeLessThan(
            1e-5 * (1 + size),
          );
        }
      }),
    );
  });

  it('does not change when rewards shift, nor, but for epsilon, when they scale', () => {
    // Rewards on a grid, so that shifting loses no digit and spreads are far above epsilon.
    const grid = fc.array(fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 2, maxLength: 6 }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(
        grid,
        fc.integer({ min: -100, max: 100 }),
        fc.integer({ min: 1, max: 8 }),
        (groups, shift, factor) => {
          const changed = groups.map((row) => row.map((value) => value * factor + shift));
          expectClose(flat(groupAdvantages(changed)), flat(groupAdvantages(groups)), 1e-4);
        },
      ),
    );
  });

  it('orders completions as their rewards do', () => {
    fc.assert(
      fc.property(batch, (groups) => {
        groupAdvantages(groups).forEach((row, g) => {
          row.forEach((advantage, i) => {
            for (let j = 0; j < i; j++) {
              if (groups[g]![i]! > groups[g]![j]!) expect(advantage).toBeGreaterThanOrEqual(row[j]!);
            }
          });
        });
      }),
    );
  });

  it('names what is wrong', () => {
    expect(() => groupAdvantages([[0, Number.POSITIVE_INFINITY]])).toThrow(
      /groupAdvantages: group 0.*Infinity/,
    );
    expect(() => groupAdvantages([[0, 1]], { epsilon: -1 })).toThrow(/groupAdvantages.*epsilon/s);
  });
});
