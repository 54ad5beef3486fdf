import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startEngine } from '@cppo/engine';
import { decodeImage } from '@cppo/perturb';
import { QwenPolicy } from '@cppo/policy-qwen';
import { createReward } from '@cppo/reward';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluate } from './evaluate/evaluate.js';
import { drawSamples } from './tasks/draw-samples.js';
import type { TaskSample } from './tasks/sample.js';

const directory = fileURLToPath(new URL('../../../apps/trainer/models/tiny', import.meta.url));

describe('the shipped model', () => {
  let policy: QwenPolicy;
  beforeAll(async () => {
    await startEngine({ prefer: 'wasm' });
    policy = await QwenPolicy.load(directory);
  });

  it('has each digit and each word of its task as one token', () => {
    const { tokenizer } = policy;
    const pieces = (text: string): string[] =>
      Array.from(tokenizer.encode(text), (id) => tokenizer.decode([id]));
    expect(pieces('What is red plus blue?')).toEqual(['What', ' is', ' red', ' plus', ' blue', '?']);
    expect(pieces('I see 3 red, 5 blue. 3 + 5 = 18')).toEqual([
      'I',
      ' see',
      ' ',
      '3',
      ' red',
      ',',
      ' ',
      '5',
      ' blue',
      '.',
      ' ',
      '3',
      ' +',
      ' ',
      '5',
      ' =',
      ' ',
      '1',
      '8',
    ]);
    for (const { question, reference, description } of drawSamples({
      seed: 8,
      count: 200,
      difficulty: [1, 2, 3],
    })) {
      for (const text of [question, reference, description.reply.text]) {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }
    }
  });

  it('is a small file of the published layout', async () => {
    const bytes = await readFile(`${directory}/model.safetensors`);
    expect(bytes.length).toBeLessThan(4e6);
    const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString());
    expect(header['visual.patch_embed.proj.weight'].shape).toEqual([96, 3, 2, 14, 14]);
    expect(header['model.embed_tokens.weight']).toMatchObject({ dtype: 'BF16', shape: [576, 128] });
  });

  it('knows the format and answers a part of the questions: room for reinforcement', async () => {
    const { report } = await evaluate({
      policy,
      samples: drawSamples({ tasks: ['digits'], seed: 404, count: 24 }),
      encode: async (sample: TaskSample) =>
        policy.encode({ prompt: sample.question, images: [await decodeImage(await sample.image.png())] }),
      reward: createReward(),
      samplesPerQuestion: 4,
      maxTokens: 40,
      seed: 1,
    });
    expect(report.format).toBeGreaterThan(0.95);
    expect(report.avg.value).toBeGreaterThan(0.2);
    expect(report.avg.value).toBeLessThan(0.65);
    // What it gets wrong it misreads; it can add.
    expect(report.faults?.perception).toBeGreaterThan(5 * (report.faults?.reasoning ?? 1));
  });
});
