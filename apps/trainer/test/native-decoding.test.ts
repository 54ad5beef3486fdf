import { fileURLToPath } from 'node:url';
import { drawSamples } from '@cppo/bench';
import { startEngine } from '@cppo/engine';
import { decodeImage } from '@cppo/perturb';
import { QwenPolicy } from '@cppo/policy-qwen';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';

const kernel = 'CppoDecoderStep';

it('decodes by whole layers on native TensorFlow as by single operations', async (context) => {
  try {
    await startEngine({ prefer: 'tensorflow' });
  } catch (problem) {
    context.skip((problem as Error).message);
  }
  const policy = await QwenPolicy.load(fileURLToPath(new URL('../models/tiny', import.meta.url)));
  const questions = [
    'What is it?',
    'Tell me about all the squares that you can see, one after another, please.',
  ];
  const prompts = await Promise.all(
    drawSamples({ tasks: ['digits'], seed: 5, count: 2 }).map(async ({ image }, i) =>
      policy.encode({
        messages: [{ role: 'user', content: [{ type: 'image' }, { type: 'text', text: questions[i]! }] }],
        images: [await decodeImage(await image.png())],
      }),
    ),
  );
  // Prompts of two lengths need padding; 70 tokens fill two segments of the cache; a hot temperature parts completions.
  expect(new Set(prompts.map(({ ids }) => ids.length)).size).toBe(2);
  const sample = () =>
    policy.generate(prompts, { completions: 3, maxTokens: 70, seed: 1, temperature: 1.5, stopIds: [] });
  const before = tf.memory().numTensors;
  const whole = await sample();
  expect(tf.memory().numTensors).toBe(before);

  const scores = policy.score(
    prompts.map((prompt, i) => ({ prompt, completions: whole[i]!.map(({ tokens }) => tokens) })),
    { temperature: 1.5 },
  );
  const logProbs = (await scores.logProbs.array()) as number[][];
  tf.dispose({ ...scores });
  whole.flat().forEach((completion, row) => {
    completion.logProbs.forEach((value, t) => {
      expect(Math.abs(value - logProbs[row]![t]!)).toBeLessThan(1e-4);
    });
  });

  const registered = tf.getKernel(kernel, 'tensorflow');
  tf.unregisterKernel(kernel, 'tensorflow');
  try {
    const single = await sample();
    expect(single.flat().map(({ tokens }) => tokens)).toEqual(whole.flat().map(({ tokens }) => tokens));
  } finally {
    tf.registerKernel(registered);
  }
});
