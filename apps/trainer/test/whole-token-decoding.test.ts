import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LoadOptions, QwenPolicy, type WeightFormat } from '@cppo/policy-qwen';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { encodedPrompts, engines, startWith, tiny, without } from './whole-kernels.js';

/** As the shipped model, with weights so large that threads share them, or that they are multiplied the other way round. */
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

/** A Qwen3-VL for the same prompts: normalised heads of 24 numbers, which is no quotient, without biases. */
function thirdGeneration(weights: WeightFormat): QwenPolicy {
  const { vision_config: vision, ...text } = JSON.parse(readFileSync(join(tiny, 'config.json'), 'utf8'));
  const { hidden_size: hidden, vocab_size, eos_token_id } = text;
  return QwenPolicy.fromConfig(
    {
      model_type: 'qwen3_vl',
      image_token_id: text.image_token_id,
      video_token_id: text.video_token_id,
      vision_start_token_id: text.vision_start_token_id,
      vision_end_token_id: text.vision_end_token_id,
      tie_word_embeddings: true,
      text_config: {
        ...{ vocab_size, eos_token_id, hidden_size: hidden, intermediate_size: 96, num_hidden_layers: 3 },
        ...{ num_attention_heads: 4, num_key_value_heads: 2, head_dim: 24 },
        rope_scaling: { rope_type: 'default', mrope_section: [6, 3, 3], mrope_interleaved: true },
      },
      vision_config: {
        ...{ depth: 2, hidden_size: 32, intermediate_size: 64, num_heads: 2, out_hidden_size: hidden },
        ...{ patch_size: vision.patch_size, num_position_embeddings: 16, deepstack_visual_indexes: [0] },
      },
    },
    3,
    'fan-in',
    { weights, ...(weights !== 'float32' && { lora: { rank: 2 } }) },
  );
}

/** The shipped model with adapters that change what it says. */
async function adapted(options: LoadOptions): Promise<QwenPolicy> {
  const policy = await QwenPolicy.load(tiny, { ...options, lora: { rank: 3, seed: 2 } });
  for (const [i, { up }] of [...policy.adapters!.factors.values()].entries()) {
    tf.tidy(() => up.assign(tf.randomUniform(up.shape, -0.2, 0.2, 'float32', i)));
  }
  return policy;
}

it.for(engines)('decodes by whole tokens on %s as by single operations', async (engine, context) => {
  const kernel = await startWith(engine, 'CppoDecoderToken', context);
  const shipped = await QwenPolicy.load(tiny);
  const prompts = await encodedPrompts(shipped);
  expect(new Set(prompts.map(({ ids }) => ids.length)).size).toBe(2);
  const cases = [
    { policy: shipped, completions: 3 },
    { policy: shipped, completions: 9 },
    { policy: wideModel(), completions: 3 },
    { policy: thirdGeneration('float32'), completions: 3 },
    { policy: thirdGeneration('float32'), completions: 9 },
    { policy: thirdGeneration('bfloat16'), completions: 9 },
    { policy: thirdGeneration('nf4'), completions: 3 },
    { policy: await adapted({ weights: 'float32' }), completions: 3 },
    { policy: await adapted({ weights: 'bfloat16' }), completions: 9 },
    { policy: await adapted({ weights: 'int8' }), completions: 3 },
    { policy: await adapted({ weights: 'nf4' }), completions: 3 },
    { policy: await adapted({ weights: 'int8', activations: 'bfloat16' }), completions: 3, rounded: true },
  ];
  for (const { policy, completions, rounded = false } of cases) {
    // 70 tokens fill two segments of the cache; a hot temperature parts completions.
    const options = { completions, maxTokens: 70, seed: 1, temperature: 1.5, stopIds: [] };
    // What a frozen tower saw is kept.
    await policy.generate(prompts, { maxTokens: 1 });
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
        // What is rounded to bfloat16 after sums in another order falls to one side or the other.
        expect(Math.abs(value - logProbs[row]![t]!)).toBeLessThan(rounded ? 2e-2 : 2e-4);
      }
    }

    if (rounded) continue;
    const single = await without(kernel, () => policy.generate(prompts, options));
    expect(single.map((group) => group.map(({ tokens }) => tokens))).toEqual(replies);
  }
});
