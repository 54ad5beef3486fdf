import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import reference from './__fixtures__/reference.json' with { type: 'json' };
import {
  type DetectionOptions,
  detectionPresets,
  detectPerceptionTokens,
  detectPerceptionTokensInArrays,
} from './index.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const { detection } = reference;
const [rows, length] = detection.shape as [number, number];
const asRows = (flat: readonly number[]) =>
  Array.from({ length: rows }, (_, row) => flat.slice(row * length, (row + 1) * length));
const arrays = {
  entropy: asRows(detection.entropy),
  removedEntropy: asRows(detection.removedEntropy),
  mask: asRows(detection.mask),
};

/** The positions that one completion's detection selects. */
function selected(
  shift: readonly number[],
  options: DetectionOptions = {},
  mask?: readonly number[],
): number[] {
  const found = detectPerceptionTokensInArrays(
    {
      entropy: [shift.map(() => 1)],
      removedEntropy: [shift.map((difference) => 1 + difference)],
      ...(mask && { mask: [mask] }),
    },
    options,
  );
  return [...found.mask[0]!].flatMap((bit, t) => (bit ? [t] : []));
}

describe('detectPerceptionTokens', () => {
  it.each(detection.cases)('equals the reference: $options', ({ options, masks }) => {
    const found = detectPerceptionTokensInArrays(arrays, options as DetectionOptions);
    expect(found.mask.map((row) => row.join(''))).toEqual(masks);
  });

  it('gives the same as tensors, with shifts, scores and counts', () => {
    const tensors = {
      entropy: tf.tensor2d(arrays.entropy),
      removedEntropy: tf.tensor2d(arrays.removedEntropy),
      mask: tf.tensor2d(arrays.mask),
    };
    const before = tf.memory().numTensors;
    const found = detectPerceptionTokens(tensors);
    expect(tf.memory().numTensors).toBe(before + 3);
    const expected = detectPerceptionTokensInArrays(arrays);
    expect(found.mask.shape).toEqual([rows, length]);
    for (const name of ['mask', 'shift', 'score'] as const) {
      const flat = found[name].dataSync();
      expected[name].forEach((row, b) => {
        row.forEach((value, t) => {
          expect(flat[b * length + t]).toBeCloseTo(value, 5);
        });
      });
    }
    expect(found.counts).toEqual(expected.counts);
    expect([...found.counts.completion]).toEqual([17, 13, 9, 1, 0, 16]);
    expect([...found.counts.selected]).toEqual(
      expected.mask.map((row) => row.reduce((sum, bit) => sum + bit, 0)),
    );
    tf.dispose([found.mask, found.shift, found.score, ...Object.values(tensors)]);
  });

  it('counts at least one token, and none when nothing grows', () => {
    expect(selected([0.5, -1, -1], { ratio: 0.01 })).toEqual([0]);
    expect(selected([0, -1, -0.5], { ratio: 1 })).toEqual([]);
    expect(selected([], {})).toEqual([]);
    expect(selected([Number.NaN, 0.1], { ratio: 1 })).toEqual([1]);
  });

  it('rounds, breaks ties and chooses the base as asked', () => {
    const shift = [0.3, 0.2, 0.1, -0.1, -0.2, -0.3];
    expect(selected(shift, { rounding: 'floor' })).toEqual([0]);
    expect(selected(shift, { rounding: 'ceil' })).toEqual([0, 1]);
    expect(selected(shift, { base: 'all' })).toEqual([0, 1, 2]);
    const tied = [0.2, 0.1, 0.2, 0.2, 0.1, 0.1];
    expect(selected(tied, { ratio: 0.34, ties: 'keep' })).toEqual([0, 2, 3]);
    expect(selected(tied, { ratio: 0.34, ties: 'exact' })).toEqual([0, 2]);
  });

  it('scores by share or by amount', () => {
    const input = { entropy: [[0.1, 5]], removedEntropy: [[0.4, 5.5]] };
    const [relative, absolute] = (['relative', 'absolute'] as const).map((score) =>
      detectPerceptionTokensInArrays(input, { score }),
    );
    expect([...relative!.mask[0]!]).toEqual([1, 0]);
    expect([...absolute!.mask[0]!]).toEqual([0, 1]);
    expect(relative!.score[0]![0]).toBeCloseTo(0.3 / (0.4 + 1e-6), 12);
    expect(absolute!.score[0]![1]).toBeCloseTo(0.5, 12);
  });

  it('never selects the position past the end, whatever it holds (verl counted it)', () => {
    const shift = [0.1, 0.2, 9, 9];
    expect(selected(shift, { ratio: 1 }, [1, 1, 0, 0])).toEqual([0, 1]);
    // It must not raise the threshold or the count either.
    expect(selected(shift, { ratio: 0.5 }, [1, 1, 0, 0])).toEqual([1]);
    expect(
      selected([0.1, 0.2, Number.NaN, Number.POSITIVE_INFINITY], { ratio: 1, base: 'all' }, [1, 1, 0, 0]),
    ).toEqual([0, 1]);
  });

  it('can select the last token (AReaL never did), with padding after it and without', () => {
    expect(selected([0.1, 0.2, 0.9], {})).toEqual([2]);
    expect(selected([0.1, 0.2, 0.9, 0], {}, [1, 1, 1, 0])).toEqual([2]);
  });

  it('is the same with padding as without, each completion by itself', () => {
    const value = fc.double({ min: 0, max: 8, noNaN: true });
    const completion = fc.array(fc.tuple(value, value), { maxLength: 12 });
    const options = fc.record({
      score: fc.constantFrom('relative' as const, 'absolute' as const),
      base: fc.constantFrom('positive' as const, 'all' as const),
      rounding: fc.constantFrom('floor' as const, 'ceil' as const),
      ties: fc.constantFrom('keep' as const, 'exact' as const),
      ratio: fc.double({ min: 0.01, max: 1, noNaN: true }),
    });
    const garbage = fc.constantFrom(0, 99, -99, Number.NaN, Number.POSITIVE_INFINITY);
    fc.assert(
      fc.property(completion, completion, options, garbage, (first, second, chosen, waste) => {
        const padTo = Math.max(first.length, second.length) + 2;
        const pad = (values: number[]) => [...values, ...new Array(padTo - values.length).fill(waste)];
        const both = [first, second];
        const padded = detectPerceptionTokensInArrays(
          {
            entropy: both.map((row) => pad(row.map(([h]) => h))),
            removedEntropy: both.map((row) => pad(row.map(([, h]) => h))),
            mask: both.map((row) => Array.from({ length: padTo }, (_, t) => (t < row.length ? 1 : 0))),
          },
          chosen,
        );
        both.forEach((row, b) => {
          const alone = detectPerceptionTokensInArrays(
            { entropy: [row.map(([h]) => h)], removedEntropy: [row.map(([, h]) => h)] },
            chosen,
          );
          for (const name of ['mask', 'shift', 'score'] as const) {
            const expected = new Array(padTo).fill(0);
            expected.splice(0, row.length, ...alone[name][0]!);
            expect([...padded[name][b]!]).toEqual(expected);
          }
          expect(padded.counts.selected[b]).toBe(alone.counts.selected[0]);
        });
      }),
    );
  });

  it('draws a control group of the same size from completion tokens, by seed', () => {
    const detected = detectPerceptionTokensInArrays(arrays);
    const control = detectPerceptionTokensInArrays(arrays, { random: { seed: 3 } });
    expect(control.counts).toEqual(detected.counts);
    control.mask.forEach((row, b) => {
      row.forEach((bit, t) => {
        expect(bit).toBeLessThanOrEqual(arrays.mask[b]![t]!);
      });
    });
    expect(control.mask).not.toEqual(detected.mask);
    expect(detectPerceptionTokensInArrays(arrays, { random: { seed: 3 } }).mask).toEqual(control.mask);
    expect(detectPerceptionTokensInArrays(arrays, { random: { seed: 4 } }).mask).not.toEqual(control.mask);
  });

  it('draws every token equally often', () => {
    const hits = new Array(8).fill(0);
    const draws = 4000;
    for (let seed = 0; seed < draws; seed++) {
      for (const t of selected([1, 1, 1, 1, -1, -1, -1, -1], { ties: 'exact', random: { seed } })) hits[t]++;
    }
    // Two of eight: mean 1000, standard deviation 27.
    for (const count of hits) expect(Math.abs(count - draws / 4)).toBeLessThan(5 * 28);
  });

  it('knows the published variants', () => {
    const shift = [0.5, 0.4, 0.3, 0.3, 0.1, -1, -1, -1];
    expect(selected(shift, detectionPresets.cppoVerl)).toEqual([0, 1]);
    expect(selected(shift, detectionPresets.cppoAreal)).toEqual([0, 1, 2]);
    expect(selected(shift, detectionPresets.paper)).toEqual([0, 1, 2, 3]);
  });

  it('says what is wrong', () => {
    const [a, b] = [tf.zeros<tf.Rank.R2>([2, 3]), tf.zeros<tf.Rank.R2>([2, 4])];
    expect(() => detectPerceptionTokens({ entropy: a, removedEntropy: b, mask: a })).toThrow(
      'detectPerceptionTokens: entropy is [2,3], removedEntropy [2,4] and mask [2,3]; expected [B, T] for all.',
    );
    tf.dispose([a, b]);
    expect(() => detectPerceptionTokensInArrays({ entropy: [[1]], removedEntropy: [[1, 2]] })).toThrow(
      /removedEntropy has rows of lengths \[2\]; expected those of entropy, \[1\]/,
    );
    expect(() => selected([1], { ratio: 0 })).toThrow(/detectPerceptionTokensInArrays: .*\n?.*ratio/);
    expect(() => selected([1], { ratios: 1 } as DetectionOptions)).toThrow(/ratios/);
  });
});

describe('inputs of a stranger', () => {
  it('says what a list that is none should be', () => {
    expect(() =>
      detectPerceptionTokensInArrays({ entropy: [1, 2], removedEntropy: [1, 2] } as never),
    ).toThrow('detectPerceptionTokensInArrays: entropy is not a list of lists; expected one list');
    expect(() => detectPerceptionTokens({ entropy: [[1]] } as never)).toThrow('entropy is no tensor');
  });

  it('selects no token whose entropy is not finite, and the others as ever', () => {
    const entropy = [[1, 0.2, 0.2, Number.NaN]];
    const removedEntropy = [[Number.POSITIVE_INFINITY, 0.9, 0.5, 1]];
    const { mask, counts } = detectPerceptionTokensInArrays({ entropy, removedEntropy });
    expect([...mask[0]!]).toEqual([0, 1, 0, 0]);
    expect(counts.positive[0]).toBe(2);
  });
});
