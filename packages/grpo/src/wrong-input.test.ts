import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';

import {
  AdamW,
  aggregate,
  entropyTerm,
  groupAdvantages,
  klPenalty,
  klTerm,
  noiseStrength,
  overlongPenalty,
  policyTerm,
  trainingStep,
  vppoTerm,
} from './index.js';

/** What JavaScript can pass and TypeScript would not. */
const loose = <T>(value: unknown): T => value as T;
const row = () => tf.tensor2d([[0.1, 0.2]]);

describe('wrong input is one sentence', () => {
  it.each([
    [
      () => groupAdvantages(loose([1, 0, 1])),
      'groupAdvantages: rewards[0] is 1; expected a list with one list of rewards per group, such as [[1, 0, 1]] for one group.',
    ],
    [() => groupAdvantages(loose(undefined)), 'groupAdvantages: rewards are undefined; expected a list'],
    [() => groupAdvantages(loose([[1, '0']])), 'groupAdvantages: rewards[0][1] is "0"; expected a number'],
    [
      () => groupAdvantages([[1, 0]], loose({ base: 'mean' })),
      'groupAdvantages: unknown option "base", did you mean "baseline"?',
    ],
    [
      () => groupAdvantages([[1, 0]], loose({ baseline: 'median' })),
      'groupAdvantages: baseline is "median": ',
    ],
    [
      () => klPenalty(row(), row(), loose('k4')),
      'klPenalty: kind is "k4", did you mean "k1"? There are "k1", "abs", "k2", "k3", "k3-clamped".',
    ],
    [() => aggregate(row(), row(), loose('mean')), 'aggregate: mode is "mean", did you mean "token-mean"?'],
    [() => policyTerm(loose({ clip: 0.1 })), 'policyTerm: unknown option "clip", did you mean "clipLow"?'],
    [
      () => policyTerm(loose({ truncated: 'drop' })),
      'policyTerm: truncated is "drop", expected one of "keep", "mask".',
    ],
    [() => vppoTerm(loose({ shares: 0.5 })), 'vppoTerm: unknown option "shares", did you mean "share"?'],
    [
      () => entropyTerm(loose({ coeficient: 1 })),
      'entropyTerm: unknown option "coeficient", did you mean "coefficient"?',
    ],
    [
      () => klTerm(loose<never>({ coefficient: 1 })),
      'klTerm: reference is undefined; expected something with a method score.',
    ],
    [
      () => klTerm(loose<never>({ coefficient: 1, reference: { score() {} }, kind: 'k5' })),
      'klTerm: kind is "k5", did you mean',
    ],
    [
      () => overlongPenalty(3, loose({ maxTokens: 3, bufer: 2 })),
      'overlongPenalty: unknown option "bufer", did you mean "buffer"?',
    ],
    [
      () => noiseStrength(1, loose({ start: 1, step: 2 })),
      'noiseStrength: unknown option "step", did you mean "steps"?',
    ],
    [
      () => new AdamW(loose(undefined)),
      'AdamW: the variables are undefined; expected a list of tf.Variable.',
    ],
    [
      () => new AdamW(loose([tf.scalar(1)])),
      'AdamW: variable 0 is a tensor of shape []; expected a list of tf.Variable.',
    ],
    [() => new AdamW([], loose({ lr: 1 })), 'AdamW: unknown option "lr", expected one of "beta1"'],
  ])('%s', (call, message) => {
    expect(call).toThrow(message);
  });

  it('AdamW.apply names the learning rate or the gradient that is none', () => {
    const weight = tf.variable(tf.tensor1d([1, 2]), true, 'weight');
    const optimizer = new AdamW([weight]);
    const gradient = tf.tensor1d([1, 1]);
    const apply = (gradients: unknown, rate?: unknown) => () =>
      optimizer.apply(loose(gradients), loose(rate));
    expect(apply({ weight: gradient })).toThrow(
      'AdamW.apply: learningRate is undefined; expected a finite number',
    );
    expect(apply({ weight: gradient }, Number.NaN)).toThrow('AdamW.apply: learningRate is NaN; expected');
    expect(apply({ weight: null }, 0.1)).toThrow(
      'AdamW.apply: gradient "weight" is null; expected a tensor. A variable without a gradient (tf.variableGrads gives null for it) is left out.',
    );
    expect(apply([gradient], 0.1)).toThrow('AdamW.apply: gradients are ');
    expect([...weight.dataSync()]).toEqual([1, 2]);
    expect(optimizer.steps).toBe(0);
  });

  it('trainingStep names an option that there is not', async () => {
    await expect(trainingStep(loose<never>({ micro_batch: 2 }))).rejects.toThrow(
      'trainingStep: unknown option "micro_batch", did you mean "microBatch"?',
    );
  });
});
