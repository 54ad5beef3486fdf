import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { decode, encodedPrompt, fixture, fixtureNames, formulaModel } from '../__fixtures__/models.js';
import { parameterShapes } from '../parameters.js';
import { rmsNorm } from './kernels.js';
import { hiddenStates, type QwenModel } from './model.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let largest = 0;
  for (let i = 0; i < actual.length; i++) {
    largest = Math.max(largest, Math.abs((actual[i] as number) - (expected[i] as number)));
  }
  return largest;
}

describe.each(fixtureNames)('a tiny random model (%s) equals transformers', (name) => {
  const reference = fixture(name);
  const { model, config, variables } = formulaModel(reference.config);

  test('has the same parameters', () => {
    expect([...parameterShapes(config).keys()].sort()).toEqual([...reference.names].sort());
    expect(variables.size).toBe(reference.names.length);
  });

  test.each(reference.prompts.map((prompt, index) => [index, prompt] as const))('prompt %i', (_, prompt) => {
    const encoded = encodedPrompt(prompt);
    const run = (model: QwenModel) =>
      hiddenStates(
        model,
        encoded.images,
        encoded.ids,
        encoded.positions,
        { lengths: [encoded.ids.length], causal: true },
        Int32Array.from(encoded.ids.keys()),
      );
    tf.tidy(() => {
      const vision = model.see(encoded.images);
      if (vision)
        expect(largestDifference(vision.dataSync(), decode(prompt.vision as string))).toBeLessThan(1e-4);
      prompt.layers.forEach((expected, index) => {
        const layers = model.weights.layers.slice(0, index + 1);
        const states = run({ ...model, see: () => vision, weights: { ...model.weights, layers } });
        expect(largestDifference(states.dataSync(), decode(expected))).toBeLessThan(1e-4);
      });
      const states = rmsNorm(
        run({ ...model, see: () => vision }),
        model.weights.norm,
        config.text.normEpsilon,
      );
      const logits = model.weights.head.product(states);
      expect(largestDifference(logits.dataSync(), decode(prompt.logits))).toBeLessThan(1e-4);
    });
  });
});
