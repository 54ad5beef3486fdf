import { fileURLToPath } from 'node:url';
import { drawSamples } from '@cppo/bench';
import { EngineUnavailableError, startEngine } from '@cppo/engine';
import { decodeImage } from '@cppo/perturb';
import { QwenPolicy } from '@cppo/policy-qwen';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';

const kernel = 'CppoAttention';
const tiny = fileURLToPath(new URL('../models/tiny', import.meta.url));

/** Prompts of different lengths with completions of different lengths, one of them a single token. */
async function requests(policy: QwenPolicy) {
  const questions = ['What is it?', 'Name all the squares that you can see, one after another, please.'];
  const samples = drawSamples({ tasks: ['digits'], seed: 5, count: 2 });
  const prompts = await Promise.all(
    samples.map(async ({ image }, i) =>
      policy.encode({
        messages: [{ role: 'user', content: [{ type: 'image' }, { type: 'text', text: questions[i]! }] }],
        images: [await decodeImage(await image.png())],
      }),
    ),
  );
  const completion = (length: number) =>
    Int32Array.from({ length }, (_, token) => (token * 31 + length) % 500);
  return prompts.map((prompt, i) => ({
    prompt,
    completions: [completion(1), completion(20), completion(7 + i)],
  }));
}

it.for(['wasm', 'tensorflow'] as const)(
  'scores on %s with one kernel for attention as by single operations',
  async (prefer, context) => {
    try {
      await startEngine({ prefer });
    } catch (problem) {
      if (problem instanceof EngineUnavailableError) context.skip(problem.message);
      throw problem;
    }
    const registered = tf.getKernel(kernel, prefer);
    if (!registered) context.skip(`${prefer} has no ${kernel}`);
    const policy = await QwenPolicy.load(tiny);
    const given = await requests(policy);
    const evaluate = () => {
      const before = tf.memory().numTensors;
      const { value, grads } = tf.variableGrads(() => {
        const { logProbs, entropies } = policy.score(given);
        return tf.sum(tf.add(logProbs, tf.mul(entropies, 0.1)));
      });
      const results = [value.dataSync(), ...Object.values(grads).map((gradient) => gradient.dataSync())];
      tf.dispose([value, grads]);
      expect(tf.memory().numTensors).toBe(before);
      return results as Float32Array[];
    };
    const one = evaluate();
    tf.unregisterKernel(kernel, prefer);
    try {
      for (const [i, expected] of evaluate().entries()) {
        const scale = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-6);
        const worst = expected.reduce((most, x, at) => Math.max(most, Math.abs(x - one[i]![at]!)), 0);
        expect(worst / scale, `result ${i}`).toBeLessThan(2e-5);
      }
    } finally {
      tf.registerKernel(registered!);
    }
  },
);
