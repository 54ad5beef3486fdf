import '@tensorflow/tfjs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readModelDirectory, writeModelDirectory } from './files/index.js';
import { QwenPolicy } from './policy.js';

const directory = fileURLToPath(new URL('./files/__fixtures__/nested-bf16', import.meta.url));
let temporary: string;

beforeAll(async () => {
  await tf.setBackend('cpu');
  temporary = await mkdtemp(join(tmpdir(), 'load-'));
});
afterAll(() => rm(temporary, { recursive: true }));

describe('options', () => {
  test.each([
    [{ weigths: 'int8' }, /^QwenPolicy\.load: .*"weigths".*weights/],
    [{ weights: 'int5' }, /^QwenPolicy\.load: weights is "int5".*"float32".*"bfloat16".*"int8".*"nf4"/],
    [{ activations: 'float16' }, /^QwenPolicy\.load: activations is "float16"/],
    [{ featureCache: -1 }, /^QwenPolicy\.load: featureCache is -1/],
    // TensorFlow.js's own backends have no kernels for it.
    [
      { weights: 'int8' },
      'QwenPolicy: weights is "int8", but the engine "cpu" multiplies float32 only; expected "float32".',
    ],
    [
      { cache: 'bfloat16' },
      'QwenPolicy: cache is "bfloat16", but the engine "cpu" lacks the kernel for it; expected "float32".',
    ],
    [
      { activations: 'bfloat16' },
      'QwenPolicy: activations is "bfloat16", but all weights are float32; expected frozen weights',
    ],
  ])('%o are refused', async (options, message) => {
    const before = tf.memory().numTensors;
    await expect(QwenPolicy.load(directory, options as object)).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a random model refuses them too', async () => {
    const config = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8'));
    const make = (options: object) => () => QwenPolicy.fromConfig(config, 1, 'fan-in', options);
    expect(make({ adapter: 'x' })).toThrow(/^QwenPolicy\.fromConfig: .*"adapter"/);
    expect(make({ weights: 'nf4' })).toThrow(
      'weights is "nf4", but the engine "cpu" multiplies float32 only',
    );
  });
});

describe('a checkpoint that is tied and holds a head', () => {
  async function withHead(name: string, change: (head: Float32Array) => void): Promise<QwenPolicy> {
    const files = await readModelDirectory(directory);
    const tensors = [];
    for await (const tensor of files.tensors()) tensors.push(tensor);
    const embedding = tensors.find((tensor) => tensor.name.endsWith('embed_tokens.weight'))!;
    const data = embedding.data.slice();
    change(data);
    const target = join(temporary, name);
    await writeModelDirectory(target, {
      config: files.config,
      copyFrom: directory,
      dtype: 'bfloat16',
      tensors: [...tensors, { name: 'lm_head.weight', shape: embedding.shape, data }],
    });
    return QwenPolicy.load(target);
  }

  test('has none where it equals the embedding', async () => {
    const policy = await withHead('equal', () => {});
    expect(policy.config.tied).toBe(true);
    expect(policy.headWeight).toBe(policy.parameters.get('model.embed_tokens.weight'));
    expect(policy.parameters.has('lm_head.weight')).toBe(false);
    policy.dispose();
  });

  test('has it where its last number differs', async () => {
    const policy = await withHead('different', (head) => {
      head[head.length - 1]! += 1;
    });
    expect(policy.config.tied).toBe(false);
    expect(policy.headWeight).toBe(policy.parameters.get('lm_head.weight'));
    policy.dispose();
  });
});

describe('a quantised checkpoint', () => {
  const inFourBits = { quant_method: 'bitsandbytes', load_in_4bit: true, bnb_4bit_quant_type: 'nf4' };
  test.each([
    [{ quant_method: 'gptq', bits: 4 }, 'quantised by gptq, '],
    [{ quant_method: 'awq' }, 'quantised by awq, '],
    [{ quant_method: 'bitsandbytes', load_in_8bit: true }, 'quantised by bitsandbytes to 8 bits, '],
    [{ ...inFourBits, bnb_4bit_quant_type: 'fp4' }, 'quantised by bitsandbytes to the type fp4, '],
    [{ ...inFourBits, bnb_4bit_quant_storage: 'bfloat16' }, 'with 4-bit numbers stored as bfloat16, '],
  ])('by %o is refused by name', async (quantization, message) => {
    const target = join(temporary, message.replaceAll(' ', '-'));
    await cp(directory, target, { recursive: true });
    const config = JSON.parse(await readFile(join(target, 'config.json'), 'utf8'));
    await writeFile(
      join(target, 'config.json'),
      JSON.stringify({ ...config, quantization_config: quantization }),
    );
    await expect(QwenPolicy.load(target)).rejects.toThrow(message);
    await expect(QwenPolicy.load(target)).rejects.toThrow(
      'not supported; expected weights in bfloat16, float16 or float32, or bitsandbytes in 4 bits of the type nf4.',
    );
  });
});

test('progress gives others their turn', async () => {
  let turns = 0;
  const clock = setInterval(() => turns++, 5);
  const until = (milliseconds: number) => {
    for (const end = performance.now() + milliseconds; performance.now() < end; );
  };
  const files = await readModelDirectory(directory);
  // Nothing is read: only a pause lets the clock tick.
  for await (const _ of files.stored(() => until(15)));
  clearInterval(clock);
  expect(turns).toBeGreaterThan(10);
});
