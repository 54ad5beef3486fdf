import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../../test/expect-close.js';
import golden from '../__fixtures__/kl.json';
import { type KlKind, klPenalty } from '../index.js';

const kinds = Object.keys(golden.penalties) as KlKind[];

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('klPenalty', () => {
  it.each(kinds)('%s: values and gradients of the published formula', (kind) => {
    const { values, gradient } = golden.penalties[kind];
    const { value, grad } = tf.valueAndGrad((x) =>
      tf.sum(klPenalty(x, tf.tensor1d(golden.refLogProbs), kind)),
    )(tf.tensor1d(golden.logProbs));
    const penalties = klPenalty(tf.tensor1d(golden.logProbs), tf.tensor1d(golden.refLogProbs), kind);
    expectClose(penalties.dataSync(), values, 1e-5);
    expectClose(value.dataSync(), [values.reduce((sum, x) => sum + x, 0)], 1e-5);
    expectClose(grad.dataSync(), gradient, 1e-5);
  });

  it('is 0 for equal policies, and not negative but for k1', () => {
    const logProb = fc.double({ min: -50, max: 0, noNaN: true });
    fc.assert(
      fc.property(logProb, logProb, fc.constantFrom(...kinds), (x, ref, kind) => {
        const at = (a: number, b: number) => klPenalty(tf.scalar(a), tf.scalar(b), kind).dataSync()[0]!;
        expect(Math.abs(at(x, x))).toBe(0);
        if (kind !== 'k1') expect(at(x, ref)).toBeGreaterThanOrEqual(-1e-6);
      }),
    );
  });

  it('estimates the KL: k1 and k3 without bias', () => {
    const p = [0.5, 0.3, 0.2];
    const q = [0.2, 0.2, 0.6];
    const exact = p.reduce((sum, x, i) => sum + x * Math.log(x / q[i]!), 0);
    for (const kind of ['k1', 'k3'] as const) {
      const penalties = klPenalty(tf.log(tf.tensor1d(p)), tf.log(tf.tensor1d(q)), kind).dataSync();
      expect(p.reduce((sum, x, i) => sum + x * penalties[i]!, 0)).toBeCloseTo(exact, 6);
    }
  });

  it('names both shapes', () => {
    expect(() => klPenalty(tf.zeros([2]), tf.zeros([3]), 'k1')).toThrow(
      /klPenalty: logProbs is \[2\] and refLogProbs \[3\]/,
    );
  });
});
