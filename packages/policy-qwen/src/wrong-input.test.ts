import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodedPrompt, fixture, type PromptFixture } from './__fixtures__/models.js';
import { prepareImage, QwenPolicy } from './index.js';

/** What JavaScript can pass and TypeScript would not. */
const loose = <T>(value: unknown): T => value as T;
const { config, prompts } = fixture('tied');
const prompt = encodedPrompt(prompts[1] as PromptFixture);
let policy: QwenPolicy;
beforeAll(async () => {
  await tf.setBackend('cpu');
  policy = QwenPolicy.fromConfig(config, 1);
});

describe('wrong input is one sentence', () => {
  it.each([
    [{ max_tokens: 3 }, 'generate: unknown option "max_tokens", did you mean "maxTokens"?'],
    [{ maxTokens: 0 }, 'generate: maxTokens is 0: Too small'],
    [{ temperature: Number.NaN }, 'generate: temperature is NaN: '],
    [{ stopIds: ['x'] }, 'generate: stopIds.0 is "x": '],
    [{ onToken: 3 }, 'generate: onToken is 3: expected a function.'],
  ])('generate(%j)', async (options, message) => {
    await expect(policy.generate([prompt], loose(options))).rejects.toThrow(message);
  });
  const tokens = [Int32Array.of(3, 4)];
  const { length } = prompt.ids;
  it.each([
    ['x', 'the prompt of request 0 is "x", expected what encode gives.'],
    [{ ids: [1] }, 'images of the prompt of request 0 are undefined, expected a list.'],
    [
      { ...prompt, ids: Int32Array.of(-1) },
      'ids of the prompt of request 0 holds -1, expected token ids from 0',
    ],
    [{ ...prompt, ids: new Int32Array() }, 'the prompt of request 0 has no token'],
    [
      { ...prompt, positions: prompt.positions.slice(1) },
      `positions of the prompt of request 0 are ${3 * length - 1} numbers, expected ${3 * length}, three for each token.`,
    ],
    [{ ...prompt, ropeDelta: undefined }, 'ropeDelta of the prompt of request 0 is undefined'],
  ])('score of the prompt %j', (wrong, message) => {
    expect(() => policy.score([{ prompt: loose(wrong), completions: tokens }])).toThrow(`score: ${message}`);
  });
  it.each([
    [[3, 4], 'completion 0 of request 0 is 3, expected an Int32Array of token ids.'],
    [['ab'], 'completion 0 of request 0 is "ab"'],
    [[[3, Number.NaN]], 'completion 0 of request 0 holds NaN, expected token ids from 0'],
    [[[3, 0.5]], 'completion 0 of request 0 holds 0.5'],
    [[[3, 96]], 'holds 96, expected token ids from 0 to 95.'],
    [undefined, 'completions of request 0 are undefined, expected a list.'],
  ])('score of the completions %j', (completions, message) => {
    expect(() => policy.score([{ prompt, completions: loose(completions) }])).toThrow(message);
  });
  it('prompts that are none', async () => {
    await expect(policy.generate(loose(prompt))).rejects.toThrow('generate: prompts are {');
    await expect(policy.generate([prompt, loose('x')])).rejects.toThrow('generate: prompt 1 is "x"');
    expect(() => policy.score(loose({ prompt, completions: tokens }))).toThrow('score: requests are {');
  });
  it('of other methods', async () => {
    expect(() => policy.score([], loose({ temp: 1 }))).toThrow(
      'score: unknown option "temp", did you mean "temperature"?',
    );
    expect(() => policy.encode(loose({ text: 'x' }))).toThrow(
      'QwenPolicy.encode: unknown option "text", expected one of',
    );
    await expect(policy.save('x', loose({ type: 'float32' }))).rejects.toThrow('did you mean "dtype"?');
    await expect(policy.saveAdapters('x', loose({ base: 'y' }))).rejects.toThrow('did you mean "baseModel"?');
    expect(() => QwenPolicy.fromConfig(config, 1, 'fan-in', loose({ lora: { r: 3 } }))).toThrow(
      'lora: unknown option "r"',
    );
    await expect(QwenPolicy.load('x', loose({ trainible: true }))).rejects.toThrow(
      'QwenPolicy.load: unknown option "trainible", did you mean "trainable"?',
    );
    expect(() =>
      prepareImage({ width: 1, height: 1, data: new Uint8Array(3) }, {}, loose({ arith: 1 })),
    ).toThrow('did you mean "arithmetic"?');
  });
});
