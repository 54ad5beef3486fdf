import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { gateMask } from './index.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('gateMask', () => {
  it('closes completions whose advantage or accuracy is not above 0', () => {
    tf.tidy(() => {
      const mask = tf.tensor2d([
        [1, 0],
        [1, 1],
        [1, 1],
        [0, 1],
      ]);
      const advantages = new Float32Array([0.5, -0.5, 0, 2]);
      const accuracies = [0, 1, 1, 1];
      expect(gateMask(mask, { advantages }).arraySync()).toEqual([
        [1, 0],
        [0, 0],
        [0, 0],
        [0, 1],
      ]);
      expect(gateMask(mask, { accuracies }).arraySync()).toEqual([
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 1],
      ]);
      expect(gateMask(mask, { advantages, accuracies }).arraySync()).toEqual([
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 1],
      ]);
      expect(gateMask(mask, {}).arraySync()).toEqual(mask.arraySync());
      expect(gateMask(mask, { advantages: [Number.NaN, 1, 1, 1] }).arraySync()[0]).toEqual([0, 0]);
    });
  });

  it('leaves no tensor behind and says what is wrong', () => {
    const mask = tf.ones<tf.Rank.R2>([2, 3]);
    const before = tf.memory().numTensors;
    gateMask(mask, { advantages: [1, 1] }).dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(() => gateMask(mask, { accuracies: [1] })).toThrow(
      'gateMask: accuracies has 1 elements and mask is [2,3]; expected one per completion.',
    );
    mask.dispose();
  });
});
