import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../../test/expect-close.js';
import { importanceWeights } from '../index.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('importanceWeights', () => {
  // Differences ln 2, ln 4, (padding) and ln ½, ln ½, unknown.
  const sampler = tf.tensor2d([
    [-2, -3, 0],
    [-1, -1, Number.NaN],
  ]);
  const trainer = tf.tensor2d([
    [-2 + Math.log(2), -3 + Math.log(4), 9],
    [-1 - Math.log(2), -1 - Math.log(2), -1],
  ]);
  const mask = tf.tensor2d([
    [1, 1, 0],
    [1, 1, 1],
  ]);
  const weights = (options: Parameters<typeof importanceWeights>[3]) =>
    importanceWeights(trainer, sampler, mask, options).dataSync();

  it('truncates or masks tokens', () => {
    expectClose(weights({}), [2, 4, 1, 0.5, 0.5, 1]);
    expectClose(weights({ max: 3 }), [2, 3, 1, 0.5, 0.5, 1]);
    expectClose(weights({ max: 3, min: 0.75, mode: 'mask' }), [2, 0, 1, 0, 0, 1]);
  });

  it('truncates or masks completions', () => {
    expectClose(weights({ level: 'sequence', max: 10 }), [8, 0.25]);
    expectClose(weights({ level: 'sequence' }), [5, 0.25]);
    expectClose(weights({ level: 'sequence', mode: 'mask' }), [0, 0.25]);
  });

  it('names a wrong option', () => {
    expect(() => weights({ min: 2, max: 1 })).toThrow(/importanceWeights.*min is above max/s);
  });
});
