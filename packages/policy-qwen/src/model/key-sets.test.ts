import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { numbers } from '../__fixtures__/formula.js';
import { attention } from './attention.js';
import { attentionLayout } from './attention-layout.js';
import { attendToSets, attendToSetsGradient, type KeySet } from './key-sets.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

// Two batches of queries: three groups of four tokens with two repeats; a shared set and one for each group.
const [B, G, T, R, D] = [2, 3, 4, 2, 5];
const tensor = (name: string, shape: number[]) =>
  tf.tensor(
    numbers(
      name,
      shape.reduce((a, b) => a * b),
      1,
    ),
    shape,
  );

function example() {
  const queries = tensor('q', [B, G * T * R, D]) as tf.Tensor3D;
  const causal = Array.from({ length: T }, (_, i) => Array.from({ length: T }, (_, j) => (j > i ? -1e9 : 0)));
  const sets: KeySet[] = [
    {
      keys: tensor('k', [B, 6, D]) as tf.Tensor3D,
      values: tensor('v', [B, 6, D]) as tf.Tensor3D,
      bias: tensor('bias', [B, 1, 1, 6]) as tf.Tensor4D,
    },
    {
      keys: tensor('k2', [B * G, T, D]) as tf.Tensor3D,
      values: tensor('v2', [B * G, T, D]) as tf.Tensor3D,
      bias: tf.tensor4d([causal.map((row) => [row])]),
    },
  ];
  return { queries, sets };
}

// From everything at once over single batches and groups down to one token at a time.
test.each([1e9, 500, 240, 100, 40, 20, 1])('blocks of at most %i scores change nothing', (limit) => {
  const { queries, sets } = example();
  const whole = attendToSets(queries, sets);
  const dy = tensor('dy', whole.shape) as tf.Tensor3D;
  expect(largest(tf.sub(attendToSets(queries, sets, limit), whole))).toBeLessThan(1e-6);
  const expected = attendToSetsGradient(queries, sets, dy);
  const actual = attendToSetsGradient(queries, sets, dy, limit);
  expect(largest(tf.sub(actual.dQueries, expected.dQueries))).toBeLessThan(1e-6);
  for (const which of ['dKeys', 'dValues'] as const) {
    expected[which].forEach((gradient, set) => {
      expect(largest(tf.sub(actual[which][set] as tf.Tensor, gradient))).toBeLessThan(2e-6);
    });
  }
});

test.each([0, 2])('the gradient of attention agrees with central differences, prefix of %i', (prefix) => {
  const heads = { heads: 4, keyValueHeads: 2, headDimension: 3 };
  const pattern = { prefix, lengths: [3, 2], causal: true, continuations: [[2, 1], [1]] };
  const rows = prefix + 9;
  const layout = attentionLayout(pattern, heads);
  const inputs = [tensor('query', [rows, 12]), tensor('key', [rows, 6]), tensor('value', [rows, 6])] as [
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor2D,
  ];
  const weight = tensor('weight', [rows, 12]);
  const f = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) =>
    tf.sum(
      tf.mul(attention(q as tf.Tensor2D, k as tf.Tensor2D, v as tf.Tensor2D, layout), weight),
    ) as tf.Scalar;
  const gradients = tf.grads(f)(inputs);
  const epsilon = 1e-2;
  inputs.forEach((input, which) => {
    const values = input.dataSync();
    const actual = (gradients[which] as tf.Tensor).dataSync();
    for (let i = 0; i < values.length; i += 5) {
      const shifted = (by: number) => {
        const copy = Float32Array.from(values);
        copy[i] = (copy[i] as number) + by;
        const changed = inputs.map((tensor, index) =>
          index === which ? tf.tensor(copy, tensor.shape) : tensor,
        );
        return f(...(changed as [tf.Tensor, tf.Tensor, tf.Tensor])).dataSync()[0] as number;
      };
      const expected = (shifted(epsilon) - shifted(-epsilon)) / (2 * epsilon);
      expect(Math.abs((actual[i] as number) - expected)).toBeLessThan(2e-3);
    }
  });
});

function largest(difference: tf.Tensor): number {
  return tf.max(tf.abs(difference)).dataSync()[0] as number;
}
