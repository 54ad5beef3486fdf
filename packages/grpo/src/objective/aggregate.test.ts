import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Aggregation, aggregate } from '../index.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('aggregate', () => {
  // Rows 1 + 2 + 3 over three tokens, 10 over one, and none; the rest is rubbish on padding.
  const values = () =>
    tf.tensor2d([
      [1, 2, 3, 99],
      [10, 99, 99, 99],
      [99, 99, 99, 99],
    ]);
  const mask = () =>
    tf.tensor2d([
      [1, 1, 1, 0],
      [1, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
  const expected: [Aggregation, number][] = [
    ['token-mean', 16 / 4],
    ['sequence-mean', (2 + 10 + 0) / 3],
    ['sequence-sum', 16 / 3],
    ['fixed-length', 16 / (3 * 8)],
  ];

  it.each(expected)('%s', (mode, result) => {
    const counts = { tokens: 4, sequences: 3, maxLength: 8 };
    expect(aggregate(values(), mask(), mode, counts).dataSync()[0]).toBeCloseTo(result, 6);
    // A share of a larger batch.
    const larger = { tokens: 8, sequences: 6, maxLength: 8 };
    expect(aggregate(values(), mask(), mode, larger).dataSync()[0]).toBeCloseTo(result / 2, 6);
  });

  it('counts the mask when no counts are given', () => {
    expect(aggregate(values(), mask(), 'token-mean').dataSync()[0]).toBeCloseTo(4, 6);
    expect(aggregate(values(), mask(), 'sequence-mean').dataSync()[0]).toBeCloseTo(4, 6);
    expect(aggregate(values(), mask(), 'fixed-length').dataSync()[0]).toBeCloseTo(16 / 12, 6);
  });

  it('gives 0 for an empty mask', () => {
    for (const [mode] of expected) {
      expect(aggregate(values(), tf.zeros([3, 4]), mode, { tokens: 0, sequences: 0 }).dataSync()[0]).toBe(0);
      expect(aggregate(values(), tf.zeros([3, 4]), mode).dataSync()[0]).toBe(0);
    }
  });

  it('names both shapes', () => {
    expect(() => aggregate(tf.zeros([2, 3]), tf.zeros([2, 2]), 'token-mean')).toThrow(
      /\[2,3\] and mask \[2,2\]/,
    );
  });
});
