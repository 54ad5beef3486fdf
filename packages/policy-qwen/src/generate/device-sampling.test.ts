import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { numbers } from '../__fixtures__/formula.js';
import { sampleOnDevice } from './device-sampling.js';
import { tokenSampler } from './sampling.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const vocabulary = 1300; // not a multiple of the block
const banned = new Set([5, 700, 1299]);

function plain(temperature: number) {
  return { temperature, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1 };
}

// Uniform numbers at both ends too; a token may be its neighbour only where rounding decides.
const uniforms = [0, 0.1, 0.33, 0.5, 0.77, 0.999, 1 - 2 ** -32];

test.each([0.3, 1, 2])('chooses the tokens that the host chooses at temperature %f', async (temperature) => {
  const before = tf.memory().numTensors;
  const values = uniforms.map((_, row) => numbers(`device ${row}`, vocabulary, 5));
  const logits = tf.tensor2d(Float32Array.from(values.flatMap((row) => Array.from(row))), [
    uniforms.length,
    vocabulary,
  ]);
  const sampled = await sampleOnDevice(logits, temperature, banned, uniforms);
  sampled.forEach(({ token, logProb }, row) => {
    const uniform = uniforms[row] as number;
    const options = plain(temperature);
    const around = [-1e-6, 0, 1e-6].map(
      (shift) =>
        tokenSampler(
          values[row] as Float32Array,
          options,
          new Set(),
          banned,
        )(() => Math.min(Math.max(uniform + shift, 0), 1 - 2 ** -21)).token,
    );
    expect(around).toContain(token);
    const same = tokenSampler(
      values[row] as Float32Array,
      options,
      new Set(),
      new Set([...Array(vocabulary).keys()].filter((id) => id !== token)),
    )(() => 0.5);
    expect(logProb).toBeCloseTo(same.logProb, 4);
  });
  logits.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('takes the most probable allowed token at temperature 0', async () => {
  const row = numbers('greedy', vocabulary, 5);
  row[700] = 100;
  const [sampled] = await sampleOnDevice(tf.tensor2d(row, [1, vocabulary]), 0, banned, [0.4]);
  const expected = tokenSampler(row, plain(0), new Set(), banned)(() => 0.4);
  expect(sampled?.token).toBe(expected.token);
  expect(sampled?.logProb).toBeCloseTo(expected.logProb, 4);
});

test('never chooses a token without probability', async () => {
  // All but one token are impossible, whichever block it lies in.
  for (const only of [0, 511, 512, 1024, 1298]) {
    const row = new Float32Array(vocabulary).fill(-1e4);
    row[only] = 3;
    const repeated = tf.tile(tf.tensor2d(row, [1, vocabulary]), [uniforms.length, 1]);
    const sampled = await sampleOnDevice(repeated as tf.Tensor2D, 1, banned, uniforms);
    expect(sampled.map(({ token }) => token)).toEqual(uniforms.map(() => only));
  }
});
