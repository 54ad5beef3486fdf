import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawSamples } from '@cppo/bench';
import { EngineUnavailableError, startEngine } from '@cppo/engine';
import { decodeImage } from '@cppo/perturb';
import { type EncodedPrompt, QwenPolicy } from '@cppo/policy-qwen';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';

const kernel = 'CppoDecoderToken';
const tiny = fileURLToPath(new URL('../models/tiny', import.meta.url));

/** As the shipped model, with weights so large that they are multiplied the other way round. */
function wideModel(): QwenPolicy {
  const config = JSON.parse(readFileSync(join(tiny, 'config.json'), 'utf8'));
  return QwenPolicy.fromConfig(
    {
      ...config,
      hidden_size: 384,
      intermediate_size: 512,
      num_hidden_layers: 2,
      num_attention_heads: 12,
      num_key_value_heads: 4,
      vision_config: { ...config.vision_config, out_hidden_size: 384 },
    },
    1,
    'fan-in',
  );
}

/** Two prompts of different lengths: the shorter one is padded. */
function encodedPrompts(policy: QwenPolicy): Promise<EncodedPrompt[]> {
  const questions = ['What is it?', 'Name all the squares that you can see, one after another, please.'];
  const samples = drawSamples({ tasks: ['digits'], seed: 5, count: 2 });
  return Promise.all(
    samples.map(async ({ image }, i) =>
      policy.encode({
        messages: [{ role: 'user', content: [{ type: 'image' }, { type: 'text', text: questions[i]! }] }],
        images: [await decodeImage(await image.png())],
      }),
    ),
  );
}

it.for(['wasm', 'tensorflow'] as const)(
  'decodes by whole tokens on %s as by single operations',
  async (prefer, context) => {
    try {
      await startEngine({ prefer });
    } catch (problem) {
      if (problem instanceof EngineUnavailableError) context.skip(problem.message);
      throw problem;
    }
    const registered = tf.getKernel(kernel, prefer);
    if (!registered) context.skip(`${prefer} has no ${kernel}`);
    const shipped = await QwenPolicy.load(tiny);
    const prompts = await encodedPrompts(shipped);
    expect(new Set(prompts.map(({ ids }) => ids.length)).size).toBe(2);
    for (const [policy, completions] of [
      [shipped, 3],
      [shipped, 9],
      [wideModel(), 3],
    ] as const) {
      // 70 tokens fill two segments of the cache; a hot temperature parts completions.
      const options = { completions, maxTokens: 70, seed: 1, temperature: 1.5, stopIds: [] };
      const before = tf.memory().numTensors;
      const whole = await policy.generate(prompts, options);
      expect(tf.memory().numTensors).toBe(before);

      const replies = whole.map((group) => group.map(({ tokens }) => tokens));
      const scores = policy.score(
        prompts.map((prompt, i) => ({ prompt, completions: replies[i]! })),
        { temperature: 1.5 },
      );
      const logProbs = (await scores.logProbs.array()) as number[][];
      tf.dispose({ ...scores });
      for (const [row, completion] of whole.flat().entries()) {
        for (const [t, value] of completion.logProbs.entries()) {
          expect(Math.abs(value - logProbs[row]![t]!)).toBeLessThan(2e-4);
        }
      }

      tf.unregisterKernel(kernel, prefer);
      try {
        const single = await policy.generate(prompts, options);
        expect(single.map((group) => group.map(({ tokens }) => tokens))).toEqual(replies);
      } finally {
        tf.registerKernel(registered!);
      }
    }
  },
);
