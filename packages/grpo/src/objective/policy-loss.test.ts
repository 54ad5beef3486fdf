import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import golden from '../__fixtures__/policy-loss.json';
import { type PolicyLossOptions, policyLoss } from '../index.js';

const { rows, length, maxLength } = golden;
const matrix = (values: number[]) => tf.tensor2d(values, [rows, length]);
const counts = { tokens: golden.mask.reduce((sum, m) => sum + m, 0), sequences: rows, maxLength };

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function inputs(logProbs: tf.Tensor2D) {
  return {
    logProbs,
    oldLogProbs: matrix(golden.oldLogProbs),
    advantages: tf.tensor1d(golden.advantages),
    mask: matrix(golden.mask),
    counts,
  };
}

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance = 2e-5) {
  expect(actual.length).toBe(expected.length);
  for (const [index, value] of expected.entries()) {
    const error = Math.abs(actual[index]! - value) / Math.max(1, Math.abs(value));
    expect(error, `element ${index}: ${actual[index]} instead of ${value}`).toBeLessThan(tolerance);
  }
}

describe(`policyLoss against TRL ${golden.versions.trl}`, () => {
  it.each(golden.cases)(
    '$name: value, gradient and clip fractions',
    ({ options, loss, gradient, metrics }) => {
      const objective = (x: tf.Tensor) => policyLoss(inputs(x as tf.Tensor2D), options as PolicyLossOptions);
      const { value, grad } = tf.valueAndGrad((x) => objective(x).loss)(matrix(golden.logProbs));
      expectClose(value.dataSync(), [loss]);
      expectClose(grad.dataSync(), gradient);
      if (options.loss !== 'dapo') return;
      const { clippedLow, clippedHigh } = objective(matrix(golden.logProbs)).metrics;
      expectClose(clippedLow.dataSync(), [metrics['clip_ratio/low_mean']!]);
      expectClose(clippedHigh.dataSync(), [metrics['clip_ratio/high_mean']!]);
    },
  );
});
