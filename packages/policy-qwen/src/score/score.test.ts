import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { numbers } from '../__fixtures__/formula.js';
import {
  encodedPrompt,
  fixture,
  fixtureNames,
  formulaModel,
  type PromptFixture,
} from '../__fixtures__/models.js';
import { score } from './score.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function request(prompt: PromptFixture) {
  return {
    prompt: encodedPrompt(prompt, prompt.completionStart),
    completions: [Int32Array.from(prompt.ids.slice(prompt.completionStart))],
  };
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs((actual[i] as number) - (expected[i] as number))).toBeLessThanOrEqual(tolerance);
  }
}

describe.each(fixtureNames)('scores and gradients of the %s model equal those of torch', (name) => {
  const reference = fixture(name);

  test.each(reference.prompts.map((prompt, index) => [index, prompt] as const))('prompt %i', (_, prompt) => {
    const { model, variables, dispose } = formulaModel(reference.config);
    const before = tf.memory().numTensors;
    const scores = score(model, [request(prompt)]);
    expectClose(scores.logProbs.dataSync(), prompt.logProbs, 1e-4);
    expectClose(scores.entropies.dataSync(), prompt.entropies, 1e-4);
    const warm = score(model, [request(prompt)], { temperature: 0.7 });
    expectClose(warm.logProbs.dataSync(), prompt.warmLogProbs, 1e-4);
    tf.dispose([{ ...scores }, { ...warm }]);

    const names = new Map([...variables].map(([name, variable]) => [variable.name, name]));
    const { value, grads } = tf.variableGrads(
      () => tf.neg(tf.mean(score(model, [request(prompt)]).logProbs)) as tf.Scalar,
    );
    expect(Math.abs((value.dataSync()[0] as number) - prompt.loss)).toBeLessThan(1e-4);
    const received = new Map(
      Object.entries(grads).map(([id, gradient]) => [names.get(id) as string, gradient]),
    );
    expect([...received.keys()].sort()).toEqual(Object.keys(prompt.gradients).sort());
    for (const [name, expected] of Object.entries(prompt.gradients)) {
      const gradient = (received.get(name) as tf.Tensor).dataSync<'float32'>();
      const norm = Math.hypot(...gradient);
      expect(Math.abs(norm - expected.norm) / (expected.norm + 1e-6), `norm of ${name}`).toBeLessThan(1e-4);
      expected.projections.forEach((projection, k) => {
        const direction = numbers(`direction ${k} of ${name}`, gradient.length, 1);
        const actual = gradient.reduce((sum, value, i) => sum + value * (direction[i] as number), 0);
        expect(Math.abs(actual - projection) / (expected.norm + 1e-6), `${name}, ${k}`).toBeLessThan(1e-4);
      });
    }
    tf.dispose([value, grads]);
    expect(tf.memory().numTensors).toBe(before);
    dispose();
  });
});
