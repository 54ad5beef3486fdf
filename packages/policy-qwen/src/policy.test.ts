import '@tensorflow/tfjs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { numbers } from './__fixtures__/formula.js';
import reference from './__fixtures__/policy.json' with { type: 'json' };
import type { FileSink } from './files/index.js';
import { QwenPolicy } from './policy.js';

const directory = fileURLToPath(new URL('./files/__fixtures__/nested-bf16', import.meta.url));
const adapterDirectory = fileURLToPath(new URL('./files/__fixtures__/adapter', import.meta.url));
let temporary: string;

beforeAll(async () => {
  await tf.setBackend('cpu');
  temporary = await mkdtemp(join(tmpdir(), 'policy-'));
});
afterAll(() => rm(temporary, { recursive: true }));

const { width, height, question, temperature } = reference;
const image = {
  width,
  height,
  // The formula gives 2u − 1; the picture is made of ⌊256·u⌋.
  data: Uint8Array.from(numbers('policy image', width * height * 3, 1), (value) =>
    Math.floor(((value + 1) / 2) * 256),
  ),
};

function prompt(policy: QwenPolicy) {
  return policy.encode({ prompt: question, images: [image] });
}

function request(policy: QwenPolicy) {
  const completions = reference.completions.map((completion) => policy.tokenizer.encode(completion));
  return { prompt: prompt(policy), completions };
}

type Expected = (typeof reference)['base'];

async function expectReference(policy: QwenPolicy, expected: Expected, tolerance = 1e-4) {
  const scores = policy.score([request(policy)], { temperature });
  const logProbs = scores.logProbs.arraySync() as number[][];
  const entropies = scores.entropies.arraySync() as number[][];
  tf.dispose({ ...scores });
  expected.scores.forEach((score, row) => {
    score.logProbs.forEach((value, t) => {
      expect(Math.abs((logProbs[row]?.[t] as number) - value)).toBeLessThan(tolerance);
      expect(Math.abs((entropies[row]?.[t] as number) - (score.entropies[t] as number))).toBeLessThan(
        tolerance,
      );
    });
  });
  const [[greedy]] = (await policy.generate([prompt(policy)], {
    maxTokens: 16,
    temperature: 0,
  })) as unknown as [[{ tokens: Int32Array }]];
  expect(Array.from(greedy.tokens)).toEqual(expected.greedy);
}

describe('a model directory', () => {
  test('loads, sees, speaks and scores as in transformers', async () => {
    const seen: string[] = [];
    const before = tf.memory().numTensors;
    const policy = await QwenPolicy.load(directory, { onProgress: ({ name }) => seen.push(name) });
    expect(seen.length).toBe(policy.parameters.size);
    const encoded = prompt(policy);
    expect(Array.from(encoded.ids)).toEqual(reference.ids);
    expect(encoded.images[0]?.grid).toEqual(reference.grid);
    expect(reference.completions.map((text) => Array.from(policy.tokenizer.encode(text)))).toEqual(
      reference.base.scores.map(({ tokens }) => tokens),
    );
    await expectReference(policy, reference.base);
    expect(policy.variables.length).toBe(policy.parameters.size);
    expect(policy.headWeight.shape).toEqual([498, 16]);
    policy.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each(['bfloat16', 'float32'] as const)('saved as %s it is the same again', async (dtype) => {
    const policy = await QwenPolicy.load(directory);
    const target = join(temporary, dtype);
    await policy.save(target, { dtype, maxShardBytes: 30_000 });
    policy.dispose();
    expect((await readdir(target)).filter((name) => name.endsWith('.safetensors')).length).toBeGreaterThan(1);
    const again = await QwenPolicy.load(target);
    await expectReference(again, reference.base);
    await expect(again.save(target)).rejects.toThrow(target);
    again.dispose();
  });

  test('goes into a sink as it goes into a directory', async () => {
    const policy = await QwenPolicy.load(directory);
    const target = join(temporary, 'as-directory');
    await policy.save(target, { maxShardBytes: 30_000 });
    const taken = new Map<string, Buffer<ArrayBuffer>>();
    const sink: FileSink = {
      async write(name, content) {
        taken.set(name, typeof content === 'string' ? Buffer.from(content) : Buffer.from(content));
      },
      async create(name) {
        const pieces: Buffer[] = [];
        return {
          append: async (bytes) => {
            pieces.push(Buffer.from(bytes));
          },
          close: async () => {
            taken.set(name, Buffer.concat(pieces));
          },
        };
      },
    };
    await policy.save(sink, { maxShardBytes: 30_000 });
    expect([...taken.keys()].sort()).toEqual((await readdir(target)).sort());
    for (const [name, bytes] of taken) {
      expect(bytes.equals(await readFile(join(target, name))), name).toBe(true);
    }
    const given = Object.fromEntries([...taken].map(([name, bytes]) => [name, new Blob([bytes])]));
    const again = await QwenPolicy.load(given);
    await expectReference(again, reference.base);
    await expect(policy.save(sink, { overwrite: true })).rejects.toThrow('overwrite is true; expected false');
    again.dispose();
    policy.dispose();
  });

  test('what it was trained with travels with it, adapters too', async () => {
    const notes = { template: 'boxed', maxTokens: 9 };
    const policy = await QwenPolicy.load(directory);
    expect(policy.notes).toBeUndefined();
    const whole = join(temporary, 'noted');
    await policy.save(whole, { notes });
    policy.dispose();
    const noted = await QwenPolicy.load(whole, { lora: { rank: 1 } });
    expect(noted.notes).toEqual(notes);
    const adapter = join(temporary, 'noted-adapter');
    await noted.saveAdapters(adapter, { baseModel: whole, notes: { template: 'own' } });
    noted.dispose();
    const adapted = await QwenPolicy.load(adapter);
    expect(adapted.notes).toEqual({ template: 'own' });
    const again = join(temporary, 'noted-again');
    await adapted.save(again);
    adapted.dispose();
    expect(JSON.parse(await readFile(join(again, 'cppo.json'), 'utf8'))).toEqual({ template: 'own' });
  });

  test('images within bounds of one’s own, resized before or while they are encoded', async () => {
    const policy = await QwenPolicy.load(directory);
    const image = {
      width: 100,
      height: 60,
      data: Uint8Array.from({ length: 18_000 }, (_, i) => (i * 7) % 256),
    };
    const { minPixels, maxPixels } = { minPixels: 1, maxPixels: 1600 };
    const grid = (pixels: object) => policy.encode({ prompt: 'x', images: [image], pixels }).images[0]!.grid;
    const [, height, width] = grid({ maxPixels });
    const { patchSize } = policy.config.vision;
    expect(height * width * patchSize ** 2).toBeLessThanOrEqual(maxPixels);
    expect(grid({ minPixels, maxPixels })).toEqual(grid({ maxPixels }));
    // Above its own largest, which is 8192.
    const [, tall, wide] = grid({ minPixels: 20_000 });
    expect(tall * wide * patchSize ** 2).toBeGreaterThanOrEqual(20_000);
    // Below the model's own smallest, which is 256.
    expect(grid({ maxPixels: 200 })).toEqual([1, 2, 4]);
    const small = policy.resize(image, { maxPixels });
    expect([small.height, small.width]).toEqual([height * patchSize, width * patchSize]);
    const [first, second] = [image, small].map((each) =>
      policy.encode({ prompt: 'x', images: [each], pixels: { maxPixels } }),
    );
    expect(second).toEqual(first);
    policy.dispose();
  });

  test('a conversation is continued where its last turn is the beginning of the answer', async () => {
    const policy = await QwenPolicy.load(directory);
    const messages = [
      { role: 'system', content: 'S' },
      { role: 'user', content: 'red' },
      { role: 'assistant', content: 'blue' },
    ];
    const { ids } = policy.encode({ messages, continueFinalMessage: true });
    const text = policy.tokenizer.decode(ids, { skipSpecialTokens: false });
    expect(text).toBe(
      '<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nred<|im_end|>\n<|im_start|>assistant\nblue',
    );
    policy.dispose();
  });

  test('a wrong tensor is named, and nothing is left behind', async () => {
    const before = tf.memory().numTensors;
    const policy = await QwenPolicy.load(directory);
    const target = join(temporary, 'wrong');
    await policy.save(target, { dtype: 'float32' });
    policy.dispose();
    const config = JSON.parse(await readFile(join(target, 'config.json'), 'utf8'));
    const { writeFile } = await import('node:fs/promises');
    const rewrite = (change: object) =>
      writeFile(
        join(target, 'config.json'),
        JSON.stringify({ ...config, text_config: { ...config.text_config, ...change } }),
      );
    await rewrite({ num_hidden_layers: 3 });
    await expect(QwenPolicy.load(target)).rejects.toThrow(
      'no tensor "model.layers.2.input_layernorm.weight" and 11 more',
    );
    await rewrite({ num_hidden_layers: 1 });
    await expect(QwenPolicy.load(target)).rejects.toThrow(/holds tensor "model.layers.1.*no place/);
    await rewrite({ intermediate_size: 25 });
    await expect(QwenPolicy.load(target)).rejects.toThrow(
      /gate_proj.weight" in .* has shape \[24, 16\], expected \[25, 16\]/,
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('adapters', () => {
  test("PEFT's adapter gives what it gives in PEFT; off and merged too", async () => {
    const policy = await QwenPolicy.load(directory, { adapter: adapterDirectory });
    expect(policy.variables.length).toBe(8);
    await expectReference(policy, reference.adapted);
    const score = () => policy.score([request(policy)], { temperature }).logProbs.dataSync();
    const off = policy.withoutAdapters(score);
    expect(Math.abs((off[0] as number) - (reference.base.scores[0]?.logProbs[0] as number))).toBeLessThan(
      1e-4,
    );

    const target = join(temporary, 'adapter');
    await policy.saveAdapters(target, { baseModel: directory });
    const whole = join(temporary, 'merged');
    await policy.save(whole, { dtype: 'float32' });
    policy.mergeAdapters();
    await expectReference(policy, reference.adapted);
    policy.dispose();
    for (const source of [target, whole]) {
      const again = await QwenPolicy.load(source);
      await expectReference(again, reference.adapted);
      again.dispose();
    }
  });

  test('new adapters change nothing at first, and only they are trained', async () => {
    const before = tf.memory().numTensors;
    const policy = await QwenPolicy.load(directory, { lora: { rank: 2, dropout: 0.5 } });
    await expectReference(policy, reference.base);
    expect(policy.variables.length).toBe(2 * 7 * 2);
    expect(policy.variables.every(({ name }) => /model\.layers.*lora_[AB]/.test(name))).toBe(true);
    // B away from zero, so that A has a gradient and dropout an effect.
    for (const { up } of policy.adapters?.factors.values() ?? [])
      tf.tidy(() => up.assign(tf.fill(up.shape, 0.1)));
    const input = request(policy);
    const { value, grads } = tf.variableGrads(() => tf.sum(policy.score([input]).logProbs) as tf.Scalar);
    expect(Object.keys(grads).sort()).toEqual(policy.variables.map(({ name }) => name).sort());
    for (const gradient of Object.values(grads))
      expect(tf.tidy(() => tf.norm(gradient).arraySync())).toBeGreaterThan(0);
    const dropped = (seed: number) => {
      const scores = policy.score([input], { dropoutSeed: seed });
      const sum = (scores.logProbs.dataSync() as Float32Array).reduce((total, x) => total + x, 0);
      tf.dispose({ ...scores });
      return sum;
    };
    expect(dropped(1)).toBe(dropped(1));
    expect(dropped(1)).not.toBe(dropped(2));
    tf.dispose([value, grads]);
    policy.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('dropout draws the same when layers are computed again', async () => {
    const gradients = await Promise.all(
      (['none', 'layers'] as const).map(async (checkpointing) => {
        const policy = await QwenPolicy.load(directory, { lora: { rank: 2, dropout: 0.3 }, checkpointing });
        for (const { up } of policy.adapters?.factors.values() ?? []) {
          up.assign(tf.tensor2d(numbers(`up ${up.shape}`, up.size, 0.3), up.shape as [number, number]));
        }
        const input = request(policy);
        const { grads } = tf.variableGrads(
          () => tf.sum(policy.score([input], { dropoutSeed: 3 }).logProbs) as tf.Scalar,
        );
        const values = policy.variables.map(({ name }) => (grads[name] as tf.Tensor).dataSync<'float32'>());
        policy.dispose();
        return values;
      }),
    );
    gradients[0]?.forEach((values, index) => {
      const other = gradients[1]?.[index] as Float32Array;
      const difference = Math.hypot(...values.map((value, i) => value - (other[i] as number)));
      expect(difference).toBeLessThanOrEqual(1e-5 * Math.hypot(...values));
    });
  });
});

test('a frozen vision tower gets no gradient and sees each image once', async () => {
  const policy = await QwenPolicy.load(directory, { trainVision: false });
  expect(policy.variables.some(({ name }) => name.startsWith('visual.'))).toBe(false);
  const input = request(policy);
  const { grads } = tf.variableGrads(() => tf.sum(policy.score([input]).logProbs) as tf.Scalar);
  expect(Object.keys(grads).length).toBe(policy.variables.length);
  const first = policy.parameters.get('visual.merger.mlp.2.bias')?.variable as tf.Variable;
  const before = policy.score([input]).logProbs.dataSync();
  first.assign(tf.fill(first.shape, 7));
  // The cache does not notice, which shows that the tower did not run again; another image object is seen anew.
  expect(policy.score([input]).logProbs.dataSync()).toEqual(before);
  expect(policy.score([request(policy)]).logProbs.dataSync()).not.toEqual(before);
  policy.dispose();
});

describe('random models', () => {
  test('are a function of the seed', () => {
    const config = { ...JSON.parse(JSON.stringify(parsedConfig)) };
    const [first, same, other] = [1, 1, 2].map((seed) => QwenPolicy.fromConfig(config, seed, 'fan-in')) as [
      QwenPolicy,
      QwenPolicy,
      QwenPolicy,
    ];
    const weight = (policy: QwenPolicy) =>
      policy.parameters.get('model.layers.0.mlp.up_proj.weight')?.variable?.dataSync();
    expect(weight(first)).toEqual(weight(same));
    expect(weight(first)).not.toEqual(weight(other));
    const deviation = Math.sqrt([...(weight(first) ?? [])].reduce((sum, x) => sum + x * x, 0) / (24 * 16));
    expect(deviation).toBeCloseTo(1 / Math.sqrt(16), 1);
    expect(() => first.encode({ prompt: 'x' })).toThrow('options.files');
    for (const policy of [first, same, other]) policy.dispose();
  });

  test('with files they encode, are saved and loaded', async () => {
    const { readModelDirectory } = await import('./files/index.js');
    const files = await readModelDirectory(directory);
    const policy = QwenPolicy.fromConfig(files.config, 3, 'transformers', { files });
    const target = join(temporary, 'random');
    await policy.save(target, { dtype: 'float32' });
    const again = await QwenPolicy.load(target);
    const scores = [policy, again].map((model) => model.score([request(model)]).logProbs.dataSync());
    expect(scores[0]).toEqual(scores[1]);
    for (const model of [policy, again]) model.dispose();
  });
});

const parsedConfig = JSON.parse(
  await readFile(new URL('./files/__fixtures__/nested-bf16/config.json', import.meta.url), 'utf8'),
);
