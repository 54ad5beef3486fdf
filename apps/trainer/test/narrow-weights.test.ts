import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EncodedPrompt, type LoadOptions, QwenPolicy, type ScoreRequest } from '@cppo/policy-qwen';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { engines, startWith, tiny } from './whole-kernels.js';

// Frozen weights in few bits, against torch, transformers, PEFT and bitsandbytes on the same numbers widened.
// What is expected comes from tools/reference/trainer/narrow_weights.py.

const fixtures = fileURLToPath(new URL('./__fixtures__/narrow-weights', import.meta.url));
const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8'));
const models = ['even', 'odd'] as const;
const formats = ['bfloat16', 'int8', 'nf4'] as const;
const variants = models.flatMap((model) => formats.map((format) => ({ model, format })));
const everyEngine = ['cpu', ...engines] as const;
type EngineName = (typeof everyEngine)[number];

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-narrow-'));
  for (const name of [...models, 'even-bnb-4bit']) {
    for (const file of ['tokenizer.json', 'tokenizer_config.json']) {
      cpSync(join(tiny, file), join(root, name, file));
    }
    cpSync(join(fixtures, name), join(root, name), { recursive: true });
    const { vision_config: vision } = JSON.parse(readFileSync(join(root, name, 'config.json'), 'utf8'));
    const settings = {
      ...JSON.parse(readFileSync(join(tiny, 'preprocessor_config.json'), 'utf8')),
      patch_size: vision.patch_size,
      merge_size: vision.spatial_merge_size,
      temporal_patch_size: vision.temporal_patch_size,
    };
    writeFileSync(join(root, name, 'preprocessor_config.json'), JSON.stringify(settings));
  }
});
afterAll(() => rmSync(root, { recursive: true }));

function start(engine: EngineName, context: TestContext): Promise<tf.KernelConfig> {
  return startWith(engine, 'CppoPackedProduct', context);
}

function open(model: string, options: LoadOptions): Promise<QwenPolicy> {
  return QwenPolicy.load(join(root, model), { trainable: false, ...options });
}

function adapted(model: string, options: LoadOptions): Promise<QwenPolicy> {
  return open(model, { trainable: true, adapter: join(fixtures, `${model}-adapter`), ...options });
}

function floats(base64: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);
}

function request(model: string): ScoreRequest {
  const { positions, ropeDelta } = expected.models[model];
  const prompt: EncodedPrompt = {
    ids: Int32Array.from(expected.prompt),
    images: [{ pixels: floats(expected.pixels), grid: expected.grid }],
    positions: Int32Array.from(positions),
    ropeDelta,
  };
  return { prompt, completions: expected.completions.map((ids: number[]) => Int32Array.from(ids)) };
}

/** Log-probabilities and entropies without padding, completion after completion. */
async function scores(policy: QwenPolicy, input: ScoreRequest) {
  const found = policy.score([input]);
  const [logProbs, entropies] = (await Promise.all([found.logProbs.array(), found.entropies.array()])) as [
    number[][],
    number[][],
  ];
  tf.dispose({ ...found });
  const flat = (rows: number[][]) =>
    rows.flatMap((row, i) => row.slice(0, (input.completions[i] as Int32Array).length));
  return { logProbs: flat(logProbs), entropies: flat(entropies) };
}

function largestDifference(actual: readonly number[], wanted: readonly number[]): number {
  expect(actual.length).toBe(wanted.length);
  return Math.max(...actual.map((value, i) => Math.abs(value - wanted[i]!)));
}

/** Σ cos(1 + t)·ℓ_t + sin(2 + t)·H_t over each completion, whose gradient the fixture holds. */
function objective(policy: QwenPolicy, input: ScoreRequest): tf.Scalar {
  const { logProbs, entropies, mask } = policy.score([input]);
  const width = logProbs.shape[1];
  const row = (of: (t: number) => number) => tf.tensor1d(Array.from({ length: width }, (_, t) => of(t)));
  const weighted = tf.add(
    tf.mul(
      logProbs,
      row((t) => Math.cos(1 + t)),
    ),
    tf.mul(
      entropies,
      row((t) => Math.sin(2 + t)),
    ),
  );
  return tf.sum(tf.mul(weighted, mask));
}

describe.each(everyEngine)('on %s', (engine) => {
  it.for(variants)(
    '$model in $format scores as transformers with the widened weights',
    async ({ model, format }, context) => {
      await start(engine, context);
      const before = tf.memory().numTensors;
      const policy = await adapted(model, { weights: format });
      const wanted = expected.models[model].formats[format];
      const input = request(model);
      const found = await scores(policy, input);
      expect(largestDifference(found.logProbs, wanted.logProbs.flat())).toBeLessThan(1e-4);
      expect(largestDifference(found.entropies, wanted.entropies.flat())).toBeLessThan(1e-4);
      const off = await policy.withoutAdapters(() => scores(policy, input));
      expect(largestDifference(off.logProbs, wanted.base.flat())).toBeLessThan(1e-4);
      policy.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it.for(variants)(
    '$model in $format gives adapters the gradients of PEFT',
    async ({ model, format }, context) => {
      await start(engine, context);
      const before = tf.memory().numTensors;
      for (const checkpointing of ['none', 'segments'] as const) {
        const policy = await adapted(model, { weights: format, checkpointing });
        const input = request(model);
        const { value, grads } = tf.variableGrads(() => objective(policy, input));
        const wanted: Record<string, string> = expected.models[model].formats[format].gradients;
        expect(Object.keys(grads).length).toBe(Object.keys(wanted).length);
        for (const [module, { down, up }] of policy.adapters!.factors) {
          for (const [factor, variable] of Object.entries({ A: down, B: up })) {
            const found = await grads[variable.name]!.data();
            const reference = floats(wanted[`${module}.${factor}`]!);
            const error = Math.hypot(...reference.map((x, i) => x - found[i]!));
            expect(error).toBeLessThan(1e-3 * Math.hypot(...reference));
          }
        }
        tf.dispose([value, grads]);
        policy.dispose();
      }
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it.for(models)(
    '%s in arithmetic of bfloat16 is no farther from float32 than torch',
    async (model, context) => {
      await start(engine, context);
      const { formats: wanted, bfloat16Error } = expected.models[model];
      const exact: number[] = wanted.bfloat16.base.flat();
      const policy = await open(model, { weights: 'bfloat16', activations: 'bfloat16' });
      const { logProbs } = await scores(policy, request(model));
      policy.dispose();
      const error = logProbs.reduce((sum, value, i) => sum + Math.abs(value - exact[i]!), 0) / exact.length;
      expect(error).toBeLessThanOrEqual(bfloat16Error);
      // It is another arithmetic: the key does something.
      expect(error).toBeGreaterThan(1e-4);
    },
  );

  it.for(formats)('a weight that is not finite is named while it is read as %s', async (format, context) => {
    await start(engine, context);
    const place = `broken-${format}-${engine}`;
    cpSync(join(root, 'even'), join(root, place), { recursive: true });
    const file = join(root, place, 'model.safetensors');
    const bytes = readFileSync(file);
    const headerEnd = 8 + Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString('utf8', 8, headerEnd));
    const name = Object.keys(header).find((key) => key.endsWith('layers.1.mlp.down_proj.weight'))!;
    bytes.writeUInt16LE(0xff80, headerEnd + header[name].data_offsets[0] + 2 * 7);
    writeFileSync(file, bytes);
    const before = tf.memory().numTensors;
    await expect(open(place, { weights: format })).rejects.toThrow(
      `tensor "${name}" in model.safetensors holds -Infinity (element 7 of`,
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it('packs nf4 as bitsandbytes', async (context) => {
    await start(engine, context);
    for (const { shape, values, codes, absmax } of expected.packing) {
      const [rows, columns] = shape as [number, number];
      const x = tf.tensor2d(floats(values), [rows, columns]);
      const attributes = { from: 'float32', format: 'nf4', rows, columns };
      const [words, scales] = tf.engine().runKernel('CppoPack', { x }, attributes) as unknown as [
        tf.Tensor,
        tf.Tensor,
      ];
      const bytes = Buffer.from(codes, 'base64');
      const found = new Uint8Array((await words.data<'int32'>()).slice().buffer).subarray(0, bytes.length);
      // Of an odd number of codes the last half byte is nobody's.
      if ((rows * columns) % 2 === 1) bytes[bytes.length - 1]! &= 0xf0;
      if ((rows * columns) % 2 === 1) found[found.length - 1]! &= 0xf0;
      expect([...found]).toEqual([...bytes]);
      expect([...(await scales.data())]).toEqual([...floats(absmax)]);
      tf.dispose([x, words, scales]);
    }
  });

  it.for([...formats, 'float32'] as const)(
    'the product with a weight in %s is differentiable',
    async (format, context) => {
      await start(engine, context);
      const policy = await open('odd', { weights: format });
      const weight = policy.headWeight;
      const [rows, columns] = weight.shape;
      const dense = await tf.tidy(() => weight.dense()).array();
      expect(await tf.tidy(() => weight.dense(3, 9)).array()).toEqual(dense.slice(3, 9));
      expect(await tf.tidy(() => weight.rows(tf.tensor1d([5, 5, 0], 'int32'))).array()).toEqual([
        ...[dense[5], dense[5], dense[0]],
      ]);
      const numbers = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(1.7 * i));
      const x = tf.tensor2d(numbers(2 * columns), [2, columns]);
      const upstream = tf.tensor2d(numbers(2 * rows), [2, rows]);
      const value = (x: tf.Tensor2D) =>
        tf.tidy(() => tf.sum(tf.mul(weight.product(x), upstream)) as tf.Scalar);
      const gradient = tf.grad((x) => value(x as tf.Tensor2D))(x) as tf.Tensor2D;
      const found = await gradient.array();
      for (const column of [0, 1, 35, columns - 1]) {
        for (const row of [0, 1]) {
          const unit = tf.oneHot(
            [row === 0 ? column : -1, row === 1 ? column : -1],
            columns,
            1,
            0,
            'float32',
          ) as tf.Tensor2D;
          // The product is linear: differences of any width are exact, and large ones lose few digits.
          const [above, below] = await Promise.all(
            [1, -1].map(async (by) => (await value(tf.add(x, tf.mul(unit, 100 * by))).data())[0]!),
          );
          const scale = Math.hypot(...dense.map((w) => w[column]!));
          expect(Math.abs(found[row]![column]! - (above! - below!) / 200)).toBeLessThan(1e-4 * scale);
        }
      }
      tf.dispose([x, upstream, gradient]);
      policy.dispose();
    },
  );

  it('loads what bitsandbytes quantised, unchanged, and saves it as it is', async (context) => {
    await start(engine, context);
    const wanted: number[] = expected.models.even.bitsandbytes.flat();
    const policy = await open('even-bnb-4bit', {});
    const held = (name: string) => policy.parameters.get(name)!.format;
    expect(held('model.layers.1.mlp.down_proj.weight')).toBe('nf4');
    expect(held('visual.blocks.0.attn.qkv.weight')).toBe('nf4');
    expect(held('visual.merger.mlp.0.weight')).toBe('bfloat16');
    expect(held('model.embed_tokens.weight')).toBe('bfloat16');
    const input = request('even');
    expect(largestDifference((await scores(policy, input)).logProbs, wanted)).toBeLessThan(1e-4);
    const target = join(root, `saved-${engine}`);
    await policy.save(target, { dtype: 'float32' });
    policy.dispose();
    for (const options of [{}, { weights: 'float32' }] as const) {
      const again = await QwenPolicy.load(target, { trainable: false, ...options });
      expect(again.config.source.quantization_config).toBeUndefined();
      expect(largestDifference((await scores(again, input)).logProbs, wanted)).toBeLessThan(1e-4);
      again.dispose();
    }
    const widened = await open('even-bnb-4bit', { weights: 'float32' });
    expect(largestDifference((await scores(widened, input)).logProbs, wanted)).toBeLessThan(1e-4);
    widened.dispose();
  });

  it('merges adapters in float32 when it saves, and in the format of the weights in memory', async (context) => {
    await start(engine, context);
    const input = request('odd');
    for (const format of formats) {
      const wanted: number[] = expected.models.odd.formats[format].logProbs.flat();
      const policy = await adapted('odd', { weights: format });
      const target = join(root, `merged-${format}-${engine}`);
      await policy.save(target, { dtype: 'float32' });
      const saved = await QwenPolicy.load(target, { trainable: false });
      expect(largestDifference((await scores(saved, input)).logProbs, wanted)).toBeLessThan(1e-4);
      const module = 'model.layers.0.mlp.up_proj';
      const weight = policy.parameters.get(`${module}.weight`)!;
      const bytes = weight.bytes;
      const update = await tf.tidy(() => policy.adapters!.update(module)).array();
      expect(await tf.tidy(() => policy.adapters!.update(module, 3, 9)).array()).toEqual(update.slice(3, 9));
      const sum = await tf.tidy(() => tf.add(weight.dense(), policy.adapters!.update(module))).data();
      policy.mergeAdapters();
      expect(policy.variables).toEqual([]);
      const merged = await tf.tidy(() => weight.dense()).data();
      expect(weight.bytes).toBe(bytes);
      const step = { bfloat16: 2 ** -8, int8: 1 / 127, nf4: 0.16 }[format];
      const most = Math.max(...sum.map(Math.abs));
      sum.forEach((value, i) => {
        expect(Math.abs(merged[i]! - value)).toBeLessThanOrEqual(
          step * (format === 'bfloat16' ? Math.abs(value) : most),
        );
      });
      saved.dispose();
      policy.dispose();
    }
  });

  it('samples what it scores, with adapters over narrow weights', async (context) => {
    await start(engine, context);
    for (const { model, format } of variants) {
      const before = tf.memory().numTensors;
      const policy = await adapted(model, { weights: format });
      const { prompt } = request(model);
      const [sampled] = await policy.generate([prompt], {
        completions: 3,
        maxTokens: 40,
        seed: 2,
        stopIds: [],
      });
      const completions = sampled!.map(({ tokens }) => tokens);
      const { logProbs } = await scores(policy, { prompt, completions });
      const recorded = sampled!.flatMap((completion) => [...completion.logProbs]);
      expect(largestDifference(logProbs, recorded)).toBeLessThan(2e-4);
      policy.dispose();
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it('holds keys and values in half the bits where the engine has the kernel', async (context) => {
    await start(engine, context);
    if (!tf.getKernel('CppoDecoderToken', tf.getBackend())) {
      await expect(open('even', { cache: 'bfloat16' })).rejects.toThrow(
        `QwenPolicy: cache is "bfloat16", but the engine "${engine}" lacks the kernel for it; expected "float32".`,
      );
      return;
    }
    const { prompt } = request('even');
    const options = { completions: 2, maxTokens: 70, seed: 3, stopIds: [] };
    const policy = await open('even', { cache: 'bfloat16' });
    const [sampled] = await policy.generate([prompt], options);
    const { logProbs } = await scores(policy, { prompt, completions: sampled!.map(({ tokens }) => tokens) });
    const errors = sampled!
      .flatMap((completion) => [...completion.logProbs])
      .map((x, i) => Math.abs(x - logProbs[i]!));
    policy.dispose();
    // Rounding keys and values moves log-probabilities, but less than rounding everything does in torch.
    expect(Math.max(...errors)).toBeGreaterThan(1e-5);
    expect(errors.reduce((sum, x) => sum + x, 0) / errors.length).toBeLessThan(
      expected.models.even.bfloat16Error,
    );
  });
});
