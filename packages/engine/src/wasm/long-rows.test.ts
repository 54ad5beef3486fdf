import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { startEngine } from '../engines/start-engine.js';

// Rows as long as a real vocabulary, of which every number counts about the same: one running float32 sum loses
// 1e-4 and more of it.

const width = 151_936;
const values = Float32Array.from({ length: 2 * width }, (_, i) => Math.sin(1 + i) * (i < width ? 0.1 : 2));

beforeAll(async () => {
  await startEngine({ prefer: 'wasm' });
});

function rows(): number[][] {
  return [0, 1].map((row) => Array.from(values.subarray(row * width, (row + 1) * width)));
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0);
}

function softmax(logits: readonly number[]): number[] {
  const powers = logits.map(Math.exp);
  const sum = total(powers);
  return powers.map((power) => power / sum);
}

test('a sum over a vocabulary keeps the precision of float32', () => {
  const found = tf.tidy(() => Array.from(tf.sum(tf.exp(tf.tensor2d(values, [2, width])), 1).dataSync()));
  const expected = rows().map((row) => total(row.map(Math.exp)));
  for (const [i, sum] of expected.entries()) expect(Math.abs(found[i]! / sum - 1)).toBeLessThan(2e-6);
});

test('softmax over a vocabulary adds up to one', () => {
  const found = tf.tidy(() => tf.softmax(tf.tensor2d(values, [2, width])).dataSync());
  for (const [row, expected] of rows().map(softmax).entries()) {
    const own = Array.from(found.subarray(row * width, (row + 1) * width));
    expect(Math.abs(total(own) - 1)).toBeLessThan(2e-6);
    const off = own.reduce((most, p, i) => Math.max(most, Math.abs(p / expected[i]! - 1)), 0);
    expect(off).toBeLessThan(2e-6);
  }
});

test('the gradient of softmax over a vocabulary is that of double precision', () => {
  const upstream = Float32Array.from({ length: 2 * width }, (_, i) => 1 + 0.5 * Math.cos(i));
  const found = tf.tidy(() => {
    const gradient = tf.grad((x) => tf.sum(tf.mul(tf.softmax(x), tf.tensor2d(upstream, [2, width]))));
    return gradient(tf.tensor2d(values, [2, width])).dataSync();
  });
  for (const [row, p] of rows().map(softmax).entries()) {
    const dy = Array.from(upstream.subarray(row * width, (row + 1) * width));
    const shift = total(p.map((value, i) => value * dy[i]!));
    const off = p.reduce((most, value, i) => {
      const expected = value * (dy[i]! - shift);
      return Math.max(most, Math.abs(found[row * width + i]! - expected) / value);
    }, 0);
    expect(off).toBeLessThan(5e-6);
  }
});
