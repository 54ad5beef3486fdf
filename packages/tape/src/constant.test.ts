import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { connectedZero, constant, detach } from './index.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

it('a constant and what is detached carry no gradient, and keep nothing', () => {
  const x = tf.tensor1d([2, 3]);
  const before = tf.memory().numTensors;
  const gradient = tf.grad((v) => tf.sum(tf.mul(v, detach(tf.square(v)))))(x);
  expect([...gradient.dataSync()]).toEqual([4, 9]);
  const other = tf.grad((v) =>
    tf.sum(
      tf.mul(
        v,
        constant(() => tf.exp(tf.mul(v, 0))),
      ),
    ),
  )(x);
  expect([...other.dataSync()]).toEqual([1, 1]);
  tf.dispose([gradient, other]);
  expect(tf.memory().numTensors).toBe(before);
});

it('a connected zero has gradient 0 where a constant has none', () => {
  const inputs = [tf.tensor1d([Number.NaN, 1]), tf.scalar(2)];
  const gradients = tf.grads((...all) => connectedZero(all))(inputs);
  expect(gradients.map((each) => [...each.dataSync()])).toEqual([[0, 0], [0]]);
  expect(() => tf.grads(() => tf.scalar(0))(inputs)).toThrow();
});
