import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodedPrompt, fixture, type PromptFixture } from './__fixtures__/models.js';
import { firstNotFinite } from './files/not-finite.js';
import { NotFiniteError, QwenPolicy } from './index.js';

describe('firstNotFinite', () => {
  it('finds what is no number in each format, at any alignment', () => {
    const floats = Float32Array.of(1, -0, 3e38, 1e-45, Number.NaN, Number.POSITIVE_INFINITY);
    const bytes = new Uint8Array(floats.buffer);
    expect(firstNotFinite(bytes, 'F32')).toBe(4);
    expect(firstNotFinite(bytes.subarray(0, 16), 'F32')).toBe(-1);
    const odd = new Uint8Array(bytes.length + 1);
    odd.set(bytes, 1);
    expect(firstNotFinite(odd.subarray(1), 'F32')).toBe(4);
    const halves = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);
    // The largest finite, minus infinity, NaN.
    expect(firstNotFinite(halves(0x7f7f, 0xff80), 'BF16')).toBe(1);
    expect(firstNotFinite(halves(0x7bff, 0x7e00), 'F16')).toBe(1);
    expect(firstNotFinite(halves(0x7f7f, 0x0001), 'BF16')).toBe(-1);
  });
});

describe('generate', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });
  it.each([0, 1])('says at temperature %d that the model gives no probabilities', async (temperature) => {
    const { config, prompts } = fixture('tied');
    const policy = QwenPolicy.fromConfig(config, 1);
    const norm = policy.parameters.get('model.norm.weight')?.variable as tf.Variable;
    norm.assign(tf.fill(norm.shape, Number.NaN));
    const asked = policy.generate([encodedPrompt(prompts[1] as PromptFixture)], {
      maxTokens: 2,
      temperature,
    });
    await expect(asked).rejects.toThrow(NotFiniteError);
    await expect(asked).rejects.toThrow('generate: the log-probability of token 1 is NaN');
    policy.dispose();
  });
});
