import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { rewardedGroups } from '../../test/rewarded-groups.js';
import { ToyPolicy } from '../../test/toy-policy.js';
import {
  AdamW,
  klTerm,
  type LossTerm,
  papoTerm,
  policyTerm,
  trainingStep,
  trainOnRollouts,
  vppoTerm,
} from '../index.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** A policy and a batch that was sampled from it before it moved a little, so that ratios are not 1. */
async function setting(count = 5) {
  const policy = new ToyPolicy(5, 3, 4, 3);
  const groups = await rewardedGroups(policy, count);
  const reference = new ToyPolicy(5, 3, 4, 11);
  tf.tidy(() => {
    for (const variable of policy.variables) variable.assign(tf.mul(variable, 1.05));
  });
  return { policy, groups, reference };
}

const valuesOf = (policy: ToyPolicy) => policy.variables.map((variable) => Array.from(variable.dataSync()));

describe('trainingStep', () => {
  it('gives the same gradient whatever the micro-batch', async () => {
    const { policy, groups, reference } = await setting();
    const gradientsWith = async (microBatch: number) => {
      let taken: Record<string, number[]> = {};
      const optimizer = {
        apply(gradients: Readonly<Record<string, tf.Tensor>>) {
          taken = Object.fromEntries(
            Object.entries(gradients).map(([name, g]) => [name, Array.from(g.dataSync())]),
          );
        },
      };
      const report = await trainingStep({
        policy,
        groups,
        terms: [policyTerm(), klTerm({ coefficient: 0.1, reference })],
        optimizer,
        learningRate: 0.1,
        maxGradientNorm: Number.POSITIVE_INFINITY,
        microBatch,
      });
      return { taken, metrics: report.metrics };
    };
    const whole = await gradientsWith(5);
    for (const microBatch of [1, 2, 3]) {
      const parts = await gradientsWith(microBatch);
      for (const [name, values] of Object.entries(whole.taken)) {
        expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(1e-3);
        for (const [i, value] of values.entries()) expect(parts.taken[name]![i]).toBeCloseTo(value, 6);
      }
      for (const [name, value] of Object.entries(whole.metrics)) {
        if (!name.startsWith('seconds/')) expect(parts.metrics[name], name).toBeCloseTo(value, 5);
      }
    }
  });

  it('updates the variables and leaks no tensor', async () => {
    const { policy, groups, reference } = await setting(3);
    const optimizer = new AdamW(policy.variables);
    const before = valuesOf(policy);
    const tensors = tf.memory().numTensors;
    for (const microBatch of [1, 3]) {
      const report = await trainingStep({
        policy,
        groups,
        terms: [policyTerm(), klTerm({ coefficient: 0.1, reference })],
        optimizer,
        learningRate: 0.01,
        microBatch,
      });
      expect(report.skipped).toBeUndefined();
      expect(tf.memory().numTensors).toBe(tensors);
    }
    expect(valuesOf(policy)).not.toEqual(before);
    expect(optimizer.steps).toBe(2);
  });

  it('leaves everything as it was when a loss is not finite, and names the term', async () => {
    const { policy, groups } = await setting(3);
    const optimizer = new AdamW(policy.variables);
    const broken: LossTerm<unknown> = {
      name: 'broken',
      prepare: () => ({ loss: (_, { logProbs }) => tf.mul(tf.sum(logProbs), Number.NaN) }),
    };
    const before = valuesOf(policy);
    const tensors = tf.memory().numTensors;
    const report = await trainingStep({
      policy,
      groups,
      terms: [policyTerm(), broken],
      optimizer,
      learningRate: 0.01,
      microBatch: 1,
    });
    expect(report.skipped).toBe('the loss of term "broken" is NaN');
    expect(valuesOf(policy)).toEqual(before);
    expect(optimizer.steps).toBe(0);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('scores no group that no term needs, and skips a batch without any', async () => {
    const { policy, groups } = await setting(3);
    const dull = groups.map((group) => ({ ...group, advantages: group.advantages.map(() => 0) }));
    const scored: number[] = [];
    const counting = Object.assign(Object.create(policy), {
      score: (...args: Parameters<ToyPolicy['score']>) => {
        scored.push(args[0].length);
        return policy.score(...args);
      },
    });
    const step = (batch: typeof groups) =>
      trainingStep({
        policy: counting,
        groups: batch,
        terms: [policyTerm()],
        optimizer: new AdamW(policy.variables),
        learningRate: 0.01,
      });
    expect((await step([groups[0]!, dull[1]!, groups[2]!])).metrics['groups/scored']).toBe(2);
    expect(scored).toEqual([2]);
    const report = await step(dull);
    expect(report.skipped).toBe('no group carries a gradient');
    expect(scored).toEqual([2]);
  });

  it('frees everything when a term throws', async () => {
    const { policy, groups } = await setting(2);
    const throwing: LossTerm<unknown> = {
      name: 'throwing',
      prepare: () => ({
        loss: () => {
          throw new Error('no loss today');
        },
      }),
    };
    const optimizer = new AdamW(policy.variables);
    const tensors = tf.memory().numTensors;
    const step = trainingStep({
      policy,
      groups,
      terms: [policyTerm(), throwing],
      optimizer,
      learningRate: 0.01,
    });
    await expect(step).rejects.toThrow('no loss today');
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('has everything scored at its temperature, micro-batch by micro-batch', async () => {
    const { policy, groups, reference } = await setting(3);
    const asked: { who: string; groups: number; temperature: number | undefined }[] = [];
    const spy = (who: string, scorer: ToyPolicy): ToyPolicy =>
      Object.assign(Object.create(scorer), {
        score: (...[requests, options]: Parameters<ToyPolicy['score']>) => {
          asked.push({ who, groups: requests.length, temperature: options?.temperature });
          return scorer.score(requests, options);
        },
      });
    const terms = [
      policyTerm(),
      klTerm({ coefficient: 0.1, reference: spy('reference', reference) }),
      papoTerm(),
      vppoTerm({ name: 'vppo' }),
    ];
    const optimizer = new AdamW(policy.variables);
    await trainingStep({
      policy: spy('policy', policy),
      groups,
      terms,
      optimizer,
      learningRate: 0.01,
      microBatch: 2,
      temperature: 0.7,
    });
    expect(asked.every(({ temperature }) => temperature === 0.7)).toBe(true);
    // Reference and VPPO's view beforehand; then in both micro-batches the original and PAPO's view.
    expect(asked.map(({ who, groups }) => `${who} ${groups}`)).toEqual([
      'reference 2',
      'reference 1',
      'policy 2',
      'policy 1',
      'policy 2',
      'policy 2',
      'policy 1',
      'policy 1',
    ]);
  });

  it('holds a term at a share of the norm of the others, whatever the micro-batch', async () => {
    const { policy, groups, reference } = await setting();
    const gradientsOf = async (terms: readonly LossTerm<unknown>[], microBatch: number) => {
      let flat: number[] = [];
      const optimizer = {
        apply(gradients: Readonly<Record<string, tf.Tensor>>) {
          flat = policy.variables.flatMap(({ name }) => Array.from(gradients[name]!.dataSync()));
        },
      };
      const { metrics } = await trainingStep({
        ...{ policy, groups, terms, optimizer, learningRate: 1, microBatch },
        maxGradientNorm: Number.POSITIVE_INFINITY,
      });
      return { flat, metrics };
    };
    const kl = klTerm({ coefficient: 5, reference });
    const tensors = tf.memory().numTensors;
    const plain = await gradientsOf([policyTerm()], 5);
    const alone = await gradientsOf([kl], 5);
    // Worked out from the two by themselves.
    const coefficient = (0.1 * Math.hypot(...plain.flat)) / Math.hypot(...alone.flat);
    for (const microBatch of [5, 2]) {
      const { flat, metrics } = await gradientsOf([{ ...kl, normShare: 0.1 }, policyTerm()], microBatch);
      expect(metrics['kl/coefficient']).toBeCloseTo(coefficient, 5);
      expect(metrics['loss/kl']).toBeCloseTo(coefficient * alone.metrics['loss/kl']!, 5);
      expect(metrics['loss/total']).toBeCloseTo(metrics['loss/kl']! + metrics['loss/policy']!, 6);
      expect(metrics['tokens/scored']).toBe(plain.metrics['tokens/scored']);
      flat.forEach((value, i) => {
        expect(value).toBeCloseTo(plain.flat[i]! + coefficient * alone.flat[i]!, 5);
      });
    }
    expect(tf.memory().numTensors).toBe(tensors);
    await expect(gradientsOf([{ ...kl, normShare: 0.1 }], 5)).rejects.toThrow(
      'trainingStep: every term (kl) has a share of the norm; expected one that has none.',
    );
    await expect(gradientsOf([{ ...kl, normShare: 0 }, policyTerm()], 5)).rejects.toThrow(
      'trainingStep: normShare of term "kl" is 0; expected a number above 0.',
    );
  });

  it('refuses two terms of one name', async () => {
    const { policy, groups } = await setting(1);
    const step = trainingStep({
      policy,
      groups,
      terms: [policyTerm(), policyTerm()],
      optimizer: new AdamW(policy.variables),
      learningRate: 0.01,
    });
    await expect(step).rejects.toThrow(/trainingStep: terms are named policy, policy/);
  });
});

describe('trainOnRollouts', () => {
  it('takes a step for each mini-batch of each epoch, off-policy after the first', async () => {
    const policy = new ToyPolicy(5, 3, 4, 3);
    const groups = await rewardedGroups(policy, 5);
    const optimizer = new AdamW(policy.variables);
    const options = { policy, groups, terms: [policyTerm()], optimizer, learningRate: 0.01 };
    const tensors = tf.memory().numTensors;
    const reports = await trainOnRollouts({
      ...options,
      miniBatch: 2,
      epochs: 2,
      order: () => [4, 3, 2, 1, 0],
    });
    expect(reports).toHaveLength(6);
    expect(optimizer.steps).toBe(6);
    expect(reports.map(({ metrics }) => metrics['groups/scored'])).toEqual([2, 2, 1, 2, 2, 1]);
    const differences = reports.map(({ metrics }) => metrics['policy/logProbDifference']!);
    expect(differences[0]).toBeLessThan(1e-5);
    expect(differences[1]).toBeGreaterThan(1e-3);
    expect(tf.memory().numTensors).toBe(tensors);
    await expect(trainOnRollouts({ ...options, miniBatch: 0 })).rejects.toThrow(
      /trainOnRollouts: miniBatch is 0/,
    );
    await expect(trainOnRollouts({ ...options, order: () => [0, 0, 1, 2, 3] })).rejects.toThrow(
      /permutation of 5/,
    );
  });
});
