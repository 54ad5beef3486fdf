import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { policyLoss, trainingStep } from './index.js';

// As where only @tensorflow/tfjs-core and a backend are imported.
const multiply = tf.getGradient('Multiply') as tf.GradConfig;
beforeEach(() => tf.unregisterGradient('Multiply'));
afterEach(() => tf.registerGradient(multiply));

const row = () => tf.tensor2d([[-0.5, -1]]);
const loss = (logProbs: tf.Tensor2D) =>
  policyLoss({ logProbs, oldLogProbs: row(), advantages: tf.tensor1d([1]), mask: tf.onesLike(row()) }).loss;

it('a gradient that TensorFlow.js lacks is explained, where one is taken', () => {
  expect(loss(row()).dataSync()[0]).toBeTypeOf('number');
  expect(() => tf.grad((logProbs) => loss(logProbs as tf.Tensor2D))(row())).toThrow(
    "policyLoss: TensorFlow.js has no gradients registered, so that nothing can be differentiated: import '@tensorflow/tfjs' once",
  );
});

it('and so it is in a training step', async () => {
  const weight = tf.variable(tf.scalar(1));
  const scores = { logProbs: row(), entropies: row(), mask: row() };
  const policy = { variables: [weight], headWeight: row(), score: () => scores, generate: async () => [] };
  const completion = {
    tokens: Int32Array.of(1, 2),
    logProbs: Float32Array.of(-1, -1),
    text: '',
    truncated: false,
  };
  const [one] = [Float32Array.of(1)];
  const groups = [
    { id: 'a', prompt: 1, completions: [completion], rewards: one, advantages: one, accuracies: one },
  ];
  const term = { name: 'some', prepare: () => ({ loss: () => tf.scalar(1) }) };
  const step = trainingStep({ policy, groups, terms: [term], optimizer: { apply() {} }, learningRate: 1 });
  await expect(step).rejects.toThrow('trainingStep: TensorFlow.js has no gradients registered');
  weight.dispose();
});
