import '@tensorflow/tfjs';
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { numbers } from './__fixtures__/formula.js';
import { QwenEncoder } from './encoder.js';
import expected from './families/__fixtures__/expected.json' with { type: 'json' };
import { QwenPolicy } from './policy.js';
import type { LoadOptions } from './policy-options.js';

const { question, completions, temperature } = expected;
let temporary: string;

beforeAll(async () => {
  await tf.setBackend('cpu');
  temporary = await mkdtemp(join(tmpdir(), 'families-'));
});
afterAll(() => rm(temporary, { recursive: true }));

const fixture = (name: string) => fileURLToPath(new URL(`./families/__fixtures__/${name}`, import.meta.url));
/** The formula gives 2u − 1; a picture is made of ⌊256·u⌋. */
const pictures = expected.pictures.map(([width = 0, height = 0], i) => ({
  width,
  height,
  data: Uint8Array.from(numbers(`family picture ${i}`, width * height * 3, 1), (value) =>
    Math.floor(((value + 1) / 2) * 256),
  ),
}));
const encode = (policy: QwenPolicy) => policy.encode({ prompt: question, images: pictures });

type Replies = (typeof expected.families)['qwen2-vl']['base'];

async function expectReplies(policy: QwenPolicy, replies: Replies) {
  const prompt = encode(policy);
  const tokens = completions.map((completion) => policy.tokenizer.encode(completion));
  expect(tokens.map((ids) => Array.from(ids))).toEqual(replies.scores.map(({ tokens }) => tokens));
  const scores = policy.score([{ prompt, completions: tokens }], { temperature });
  const [logProbs, entropies] = [scores.logProbs.arraySync(), scores.entropies.arraySync()];
  tf.dispose({ ...scores });
  replies.scores.forEach((score, row) => {
    score.logProbs.forEach((value, t) => {
      expect(Math.abs(logProbs[row]![t]! - value)).toBeLessThan(1e-4);
      expect(Math.abs(entropies[row]![t]! - score.entropies[t]!)).toBeLessThan(1e-4);
    });
  });
  const [[greedy] = []] = await policy.generate([prompt], { maxTokens: 16, temperature: 0 });
  expect(Array.from(greedy?.tokens ?? [])).toEqual(replies.greedy);
}

/** Names of the tensors of a safetensors file. */
async function tensorNames(file: string): Promise<string[]> {
  const bytes = await readFile(file);
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE())));
  return Object.keys(header)
    .filter((name) => name !== '__metadata__')
    .sort();
}

describe.each(['qwen2-vl', 'qwen3-vl'] as const)('a directory of %s, as transformers saves it', (family) => {
  const reference = expected.families[family];
  const directory = fixture(family);
  const load = (options: LoadOptions = {}, source = directory) =>
    QwenPolicy.load(source, { weights: 'float32', ...options });

  test('sees, speaks and scores as there', async () => {
    const before = tf.memory().numTensors;
    const policy = await load();
    const prompt = encode(policy);
    expect(Array.from(prompt.ids)).toEqual(reference.ids);
    expect(prompt.images.map(({ grid }) => [...grid])).toEqual(reference.grids);
    const pixels = prompt.images.flatMap(({ pixels }) => Array.from(pixels));
    reference.pixels.at.forEach((at, i) => {
      expect(Math.abs(pixels[at]! - reference.pixels.values[i]!)).toBeLessThanOrEqual(1e-6);
    });
    await expectReplies(policy, reference.base);
    policy.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('reads the names that tensors have in memory, too', async () => {
    const copy = join(temporary, `${family}-in-memory`);
    await cp(directory, copy, { recursive: true });
    await rename(join(copy, 'in-memory.safetensors'), join(copy, 'model.safetensors'));
    const policy = await load({}, copy);
    await expectReplies(policy, reference.base);
    policy.dispose();
  });

  test('with an adapter of PEFT, merged or not, and saved', async () => {
    const adapted = await load({ adapter: fixture(`${family}-adapter`) });
    await expectReplies(adapted, reference.adapted);
    const adapterCopy = join(temporary, `${family}-adapter`);
    await adapted.saveAdapters(adapterCopy);
    expect(await tensorNames(join(adapterCopy, 'adapter_model.safetensors'))).toEqual(
      await tensorNames(join(fixture(`${family}-adapter`), 'adapter_model.safetensors')),
    );
    // The encoder was opened without the adapter.
    const again = await load({ adapter: adapterCopy, encoder: await QwenEncoder.open(directory) });
    await expectReplies(again, reference.adapted);
    again.dispose();

    const saved = join(temporary, `${family}-saved`);
    await adapted.save(saved, { dtype: 'float32' });
    adapted.mergeAdapters();
    await expectReplies(adapted, reference.adapted);
    adapted.dispose();
    expect(await tensorNames(join(saved, 'model.safetensors'))).toEqual(
      await tensorNames(join(directory, 'model.safetensors')),
    );
    const merged = await load({}, saved);
    await expectReplies(merged, reference.adapted);
    merged.dispose();
  });

  test('without a template it has that of its family', async () => {
    const copy = join(temporary, `${family}-bare`);
    await cp(directory, copy, { recursive: true });
    await rm(join(copy, 'chat_template.jinja'));
    const policy = await load({}, copy);
    expect(Array.from(encode(policy).ids)).toEqual(reference.ids);
    policy.dispose();
  });

  test.each([
    ['patch_size', 'patch_size 4'],
    ['merge_size', 'spatial_merge_size 2'],
    ['temporal_patch_size', 'temporal_patch_size 2'],
  ])('refuses a model whose files disagree in %s', async (key, inConfig) => {
    const copy = join(temporary, `${family}-${key}`);
    await cp(directory, copy, { recursive: true });
    const file = join(copy, 'preprocessor_config.json');
    const settings = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...settings, [key]: 8 }));
    await expect(load({}, copy)).rejects.toThrow(
      `QwenPolicy.load: ${key} is 8 in preprocessor_config.json and ${inConfig} in config.json; expected the same.`,
    );
  });

  test('refuses adapters in the vision tower under names that it has not', async () => {
    await expect(load({ lora: { vision: true } })).rejects.toThrow(
      'vision is true, but targets (q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj) name no layer of the ' +
        `vision tower; expected some of qkv, proj, ${family === 'qwen2-vl' ? 'fc1, fc2' : 'linear_fc1, linear_fc2'}.`,
    );
    const policy = await load({ lora: { targets: ['qkv'], vision: true, rank: 1 } });
    expect(policy.variables.length).toBe(2 * policy.config.vision.depth);
    policy.dispose();
  });
});
