import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { numbers } from '../__fixtures__/formula.js';
import { DenseWeight } from '../model/dense-weight.js';
import { tokenLogProbs } from './token-log-probs.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const [M, D, V] = [5, 4, 7];
const targets = [0, 6, 3, 3, 2];
const temperature = 0.7;
// Different weights for every result, so that no error cancels.
const weights = Float32Array.from({ length: 2 * M }, (_, i) => Math.cos(1 + 2 * i));

/** Σ weights·[ℓ; H] in double precision, straight from the definitions. */
function objective(hidden: ArrayLike<number>, head: ArrayLike<number>): number {
  let sum = 0;
  for (let m = 0; m < M; m++) {
    const logits = Array.from({ length: V }, (_, v) => {
      let dot = 0;
      for (let d = 0; d < D; d++) dot += (hidden[m * D + d] as number) * (head[v * D + d] as number);
      return dot / temperature;
    });
    const logSum = Math.log(logits.reduce((total, z) => total + Math.exp(z), 0));
    const entropy = -logits.reduce((total, z) => total + Math.exp(z - logSum) * (z - logSum), 0);
    const logProb = (logits[targets[m] as number] as number) - logSum;
    sum += (weights[m] as number) * logProb + (weights[M + m] as number) * entropy;
  }
  return sum;
}

test.each([1, 2, 5, 100])(
  'value and gradients agree with central differences, %i tokens at a time',
  (chunk) => {
    const hidden = numbers('hidden', M * D, 2);
    const head = numbers('head', V * D, 2);
    const run = (h: tf.Tensor2D, w: tf.Tensor2D) =>
      tf.sum(
        tf.mul(
          tokenLogProbs(h, new DenseWeight(w), tf.tensor1d(targets, 'int32'), temperature, chunk),
          tf.tensor2d(weights, [2, M]),
        ),
      ) as tf.Scalar;
    const inputs: [tf.Tensor2D, tf.Tensor2D] = [tf.tensor2d(hidden, [M, D]), tf.tensor2d(head, [V, D])];
    expect(run(...inputs).dataSync()[0]).toBeCloseTo(objective(hidden, head), 4);
    const gradients = tf.grads((h, w) => run(h as tf.Tensor2D, w as tf.Tensor2D))(inputs);
    const epsilon = 1e-5;
    for (const [which, values] of [hidden, head].entries()) {
      const actual = (gradients[which] as tf.Tensor).dataSync();
      for (let i = 0; i < values.length; i++) {
        const shifted = (by: number) => {
          const copy = Array.from(values);
          copy[i] = (copy[i] as number) + by;
          return which === 0 ? objective(copy, head) : objective(hidden, copy);
        };
        const expected = (shifted(epsilon) - shifted(-epsilon)) / (2 * epsilon);
        expect(Math.abs((actual[i] as number) - expected)).toBeLessThan(1e-4);
      }
    }
  },
);

test('entropy lies in [0, ln V] and log-probabilities are not positive, even for extreme logits', () => {
  fc.assert(
    fc.property(fc.integer(), fc.double({ min: 1e-3, max: 300, noNaN: true }), (seed, scale) => {
      tf.tidy(() => {
        const hidden = tf.tensor2d(numbers(`h${seed}`, M * D, scale), [M, D]);
        const head = tf.tensor2d(numbers(`w${seed}`, V * D, scale), [V, D]);
        const result = tokenLogProbs(
          hidden,
          new DenseWeight(head),
          tf.tensor1d(targets, 'int32'),
          1,
        ).arraySync();
        for (const value of result[0] as number[]) expect(value).toBeLessThanOrEqual(1e-2);
        for (const value of result[1] as number[]) {
          // Differences of large logits lose digits: scale² · 2⁻²⁴ of them.
          const tolerance = 1e-5 + scale ** 2 * 1e-6;
          expect(value).toBeGreaterThanOrEqual(-tolerance);
          expect(value).toBeLessThanOrEqual(Math.log(V) + tolerance);
        }
      });
    }),
    { numRuns: 50 },
  );
});
