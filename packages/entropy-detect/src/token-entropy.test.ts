import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import reference from './__fixtures__/reference.json' with { type: 'json' };
import { hiddenEntropy, tokenEntropy } from './index.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function expectClose(actual: tf.Tensor, expected: readonly number[], tolerance = 1e-5): void {
  const values = actual.dataSync();
  expect(values.length).toBe(expected.length);
  expected.forEach((value, index) => {
    expect(
      Math.abs(values[index]! - value),
      `element ${index}: ${values[index]} for ${value}`,
    ).toBeLessThanOrEqual(tolerance * (1 + Math.abs(value)));
  });
}

describe('tokenEntropy', () => {
  it.each(reference.tokenEntropy)('equals torch, shape $shape, temperature $temperature', (example) => {
    tf.tidy(() => {
      const logits = tf.tensor(example.logits, example.shape);
      const upstream = tf.tensor(example.upstream, example.shape.slice(0, -1));
      const { temperature } = example;
      expectClose(tokenEntropy(logits, { temperature }), example.entropy);
      const gradient = tf.grad((input) => tf.sum(tf.mul(tokenEntropy(input, { temperature }), upstream)))(
        logits,
      );
      expectClose(gradient, example.gradient);
    });
  });

  it('has the gradient of its finite differences', () => {
    tf.tidy(() => {
      const values = [0.3, -1.2, 2.1, 0.4, 0, 0.9];
      const at = (shifted: number[]) =>
        tf.sum(tokenEntropy(tf.tensor2d(shifted, [2, 3]), { temperature: 0.9 })).dataSync()[0]!;
      const gradient = tf
        .grad((input) => tf.sum(tokenEntropy(input, { temperature: 0.9 })))(tf.tensor2d(values, [2, 3]))
        .dataSync();
      values.forEach((value, index) => {
        const step = 1e-2;
        const above = at(values.with(index, value + step));
        const below = at(values.with(index, value - step));
        expect(gradient[index]!).toBeCloseTo((above - below) / (2 * step), 3);
      });
    });
  });

  it('is exact for logits of ±10 000 and for banned tokens', () => {
    tf.tidy(() => {
      const rows = [
        [1e4, -1e4, -1e4, -1e4],
        [1e4, 1e4, -1e4, -1e4],
        [-1e4, -1e4, -1e4, -1e4],
        [3, 3, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
      ];
      const logits = tf.tensor2d(rows);
      expectClose(tokenEntropy(logits), [0, Math.log(2), Math.log(4), Math.log(2)], 1e-6);
      const gradient = tf.grad((input) => tf.sum(tokenEntropy(input)))(logits);
      expectClose(gradient, new Array(16).fill(0), 1e-6);
    });
  });

  it('lies in [0, ln V] and ignores a constant added to all logits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: -50, max: 50 }),
        (values, constant) =>
          tf.tidy(() => {
            const logits = tf.tensor1d(values);
            const entropy = tokenEntropy(logits).dataSync()[0]!;
            expect(entropy).toBeGreaterThanOrEqual(0);
            expect(entropy).toBeLessThanOrEqual(Math.log(values.length) + 1e-5);
            expect(tokenEntropy(tf.add(logits, constant)).dataSync()[0]!).toBeCloseTo(entropy, 3);
          }),
      ),
      { numRuns: 50 },
    );
  });

  it('says what is wrong', () => {
    expect(() => tokenEntropy(tf.zeros([2, 3]), { temperature: 0 })).toThrow(
      /tokenEntropy: temperature is 0/,
    );
    expect(() => tokenEntropy(tf.scalar(1))).toThrow(/tokenEntropy: logits are of shape \[\]/);
  });
});

describe('hiddenEntropy', () => {
  const example = reference.hiddenEntropy[0]!;
  const { temperature } = example;
  const inputs = () => ({
    hidden: tf.tensor2d(example.hidden, [example.positions, example.depth]),
    weight: tf.tensor2d(example.weight, [example.vocabulary, example.depth]),
    upstream: tf.tensor1d(example.upstream),
  });

  it.each([1, 3, 7, 100])('equals torch with its gradients, chunk %i', (chunk) => {
    tf.tidy(() => {
      const { hidden, weight, upstream } = inputs();
      expectClose(hiddenEntropy({ hidden, weight, temperature, chunk }), example.entropy);
      const [hiddenGradient, weightGradient] = tf.grads((states, head) =>
        tf.sum(
          tf.mul(
            hiddenEntropy({ hidden: states!, weight: head as tf.Tensor2D, temperature, chunk }),
            upstream,
          ),
        ),
      )([hidden, weight]);
      expectClose(hiddenGradient!, example.hiddenGradient);
      expectClose(weightGradient!, example.weightGradient);
    });
  });

  it('keeps leading axes, and a frozen head gets no gradient', () => {
    tf.tidy(() => {
      const { hidden, weight } = inputs();
      const padded = tf.reshape(tf.concat([hidden, hidden]), [2, 7, example.depth]);
      const entropy = hiddenEntropy({ hidden: padded, weight, temperature, chunk: 4 });
      expect(entropy.shape).toEqual([2, 7]);
      expectClose(entropy, [...example.entropy, ...example.entropy]);
      const frozen = (states: tf.Tensor, head: tf.Tensor) =>
        tf.sum(hiddenEntropy({ hidden: states, weight: head as tf.Tensor2D, weightGradient: false }));
      expect(() => tf.grads((states, head) => frozen(states!, head!))([hidden, weight])).toThrow(
        'Cannot compute gradient',
      );
      const trained = tf.grad((states) => tf.sum(hiddenEntropy({ hidden: states, weight })))(hidden);
      const alone = tf.grad((states) => frozen(states, weight))(hidden);
      expect(alone.dataSync()).toEqual(trained.dataSync());
    });
  });

  it('never holds the logits of more than a chunk', () => {
    tf.tidy(() => {
      const [positions, vocabulary, depth] = [256, 200, 4];
      const hidden = tf.randomNormal([positions, depth], 0, 1, 'float32', 1);
      const weight = tf.randomNormal<tf.Rank.R2>([vocabulary, depth], 0, 1, 'float32', 2);
      const peak = (chunk: number) => {
        const { engine } = tf;
        let highest = 0;
        const backend = engine().backend as unknown as { disposeData: (...args: unknown[]) => boolean };
        const dispose = backend.disposeData.bind(backend);
        // Every chunk frees its tensors when it ends: memory is highest just before something is freed.
        backend.disposeData = (...args) => {
          highest = Math.max(highest, tf.memory().numBytes);
          return dispose(...args);
        };
        const before = tf.memory().numBytes;
        tf.grads((states, head) =>
          tf.sum(hiddenEntropy({ hidden: states!, weight: head as tf.Tensor2D, chunk })),
        )([hidden, weight]);
        backend.disposeData = dispose;
        return highest - before;
      };
      const all = positions * vocabulary * 4;
      expect(peak(positions)).toBeGreaterThan(all);
      expect(peak(4)).toBeLessThan(all / 2);
    });
  });

  it('leaves no tensor behind', () => {
    const { hidden, weight } = inputs();
    const before = tf.memory().numTensors;
    const entropy = hiddenEntropy({ hidden, weight, chunk: 2 });
    expect(tf.memory().numTensors).toBe(before + 1);
    entropy.dispose();
    tf.dispose(tf.grad((states) => tf.sum(hiddenEntropy({ hidden: states, weight, chunk: 2 })))(hidden));
    tf.dispose(tf.grad((states) => tf.sum(tokenEntropy(states)))(hidden));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes no positions at all, and says what is wrong', () => {
    tf.tidy(() => {
      const weight = tf.zeros<tf.Rank.R2>([3, 2]);
      const none = tf.zeros([0, 2]);
      expect(hiddenEntropy({ hidden: none, weight }).shape).toEqual([0]);
      expect(() => hiddenEntropy({ hidden: tf.zeros([4, 5]), weight })).toThrow(
        'hiddenEntropy: hidden is [4,5] and weight [3,2]; expected [..., D] and [V, D] with V and D above 0.',
      );
      expect(() => hiddenEntropy({ hidden: none, weight, chunk: 0 })).toThrow(/chunk is 0/);
    });
  });
});
