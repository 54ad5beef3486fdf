import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { encodedPrompt, fixture, fixtureNames, formulaModel } from '../__fixtures__/models.js';
import { score } from '../score/score.js';
import { type GenerateOptions, generate } from './generate.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const tied = fixture('tied');
const defaults = { stopIds: [2], bannedIds: [88, 89, 90, 91] };

describe.each(fixtureNames)('greedy decoding of the %s model equals transformers token for token', (name) => {
  const reference = fixture(name);
  const prompts = reference.prompts.map((prompt) => encodedPrompt(prompt));

  test('all prompts at once', async () => {
    const { model, dispose } = formulaModel(reference.config);
    const before = tf.memory().numTensors;
    const sampled = await generate(model, prompts, { maxTokens: 24, temperature: 0 }, defaults);
    expect(sampled.map(([completion]) => Array.from(completion?.tokens ?? []))).toEqual(
      reference.prompts.map(({ greedy }) => greedy),
    );
    expect(reference.batchGreedy).toEqual(reference.prompts.map(({ greedy }) => greedy));
    expect(tf.memory().numTensors).toBe(before);
    dispose();
  });

  test('with a repetition penalty', async () => {
    const { model, dispose } = formulaModel(reference.config);
    const options = { maxTokens: 24, temperature: 0, repetitionPenalty: 1.3 };
    const sampled = await generate(model, prompts, options, defaults);
    expect(sampled.map(([completion]) => Array.from(completion?.tokens ?? []))).toEqual(
      reference.prompts.map(({ greedyPenalised }) => greedyPenalised),
    );
    dispose();
  });
});

describe('sampling', () => {
  const [first, second, third] = tied.prompts.map((prompt) => encodedPrompt(prompt));
  if (!first || !second || !third) throw new Error('the fixture has three prompts');
  // A third of all ids end a completion, so that completions of a batch finish at different times.
  const stopIds = Array.from({ length: 96 }, (_, id) => id).filter((id) => id % 12 === 0);
  const options: GenerateOptions = { completions: 4, maxTokens: 40, temperature: 1.3, seed: 5, stopIds };

  test('does not depend on the rest of the batch', async () => {
    const { model, dispose } = formulaModel(tied.config);
    const together = await generate(model, [second, first, third], options, defaults);
    const alone = await generate(model, [third], options, defaults);
    const lengths = together.flat().map(({ tokens }) => tokens.length);
    expect(new Set(lengths).size).toBeGreaterThan(3);
    expect(alone[0]?.map(({ tokens }) => tokens)).toEqual(together[2]?.map(({ tokens }) => tokens));
    const fewer = await generate(model, [third], { ...options, completions: 2 }, defaults);
    expect(fewer[0]?.map(({ tokens }) => tokens)).toEqual(alone[0]?.slice(0, 2).map(({ tokens }) => tokens));
    const otherwise = await generate(model, [third], { ...options, seed: 6 }, defaults);
    expect(otherwise[0]?.map(({ tokens }) => tokens)).not.toEqual(alone[0]?.map(({ tokens }) => tokens));
    dispose();
  });

  test('records the log-probabilities that scoring gives', async () => {
    const { model, dispose } = formulaModel(tied.config);
    const before = tf.memory().numTensors;
    const prompts = [first, second, third];
    const sampled = await generate(model, prompts, { ...options, topK: 20, topP: 0.9 }, defaults);
    const scores = score(
      model,
      prompts.map((prompt, index) => ({
        prompt,
        completions: sampled[index]?.map(({ tokens }) => tokens) ?? [],
      })),
      { temperature: 1.3 },
    );
    const rows = (await scores.logProbs.array()) as number[][];
    sampled.flat().forEach(({ logProbs, tokens }, index) => {
      for (let t = 0; t < tokens.length; t++) expect(logProbs[t]).toBeCloseTo(rows[index]?.[t] as number, 4);
    });
    tf.dispose({ ...scores });
    expect(tf.memory().numTensors).toBe(before);
    dispose();
  });

  test('tells every token as it is sampled, and stops at an abort', async () => {
    const { model, dispose } = formulaModel(tied.config);
    const before = tf.memory().numTensors;
    const streamed: number[][] = [[], [], [], []];
    const [sampled] = await generate(
      model,
      [third],
      { ...options, onToken: ({ completion, token }) => streamed[completion]?.push(token) },
      defaults,
    );
    expect(streamed).toEqual(sampled?.map(({ tokens }) => Array.from(tokens)));
    const abort = new AbortController();
    const aborted = generate(
      model,
      [third],
      { ...options, onToken: () => abort.abort(new Error('enough')), signal: abort.signal },
      defaults,
    );
    await expect(aborted).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(before);
    dispose();
  });

  test('names an option that is out of range', async () => {
    const { model, dispose } = formulaModel(tied.config);
    await expect(generate(model, [third], { topP: 1.5 }, defaults)).rejects.toThrow('topP is 1.5');
    dispose();
  });
});
