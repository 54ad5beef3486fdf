import { type Capacity, qwenCapacity, weightFormats } from '@cppo/policy-qwen';
import type { WeightFormat } from '@cppo/policy-qwen/formats';
import { footprint, refuseUse, refuseWhatCannotFit, trainingTask } from '@cppo/training';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load.js';
import { modelSource } from '../model-source.js';
import { type EngineRoom, roomWithin } from './room.js';

/** Native TensorFlow with so many bytes, or wasm with its 4 GiB on a machine of 64 GB. */
const native = (bytes: number): EngineRoom =>
  roomWithin({ name: 'tensorflow' }, { bytes, source: 'the machine has' }, weightFormats);
const inWasm: EngineRoom = roomWithin(
  { name: 'wasm', memoryLimit: 4 * 2 ** 30 },
  { bytes: 64e9, source: 'the machine has' },
  weightFormats,
);
const prompt = { tokens: 320, patches: 1024 };
const capacity = async (model: string): Promise<Capacity> => {
  const known = await qwenCapacity(model);
  if (known === undefined) throw new Error(`nothing is known of ${model}`);
  return known;
};
const published = {
  three: await capacity('Qwen/Qwen2.5-VL-3B-Instruct'),
  seven: await capacity('Qwen/Qwen2.5-VL-7B-Instruct'),
};

describe('the footprint', () => {
  const held = async (set: string[], model: Capacity) => {
    const { config } = await loadConfig({ preset: 'qwen2.5-vl-3b-lora', set });
    return footprint(model, native(24e9), trainingTask(config, prompt));
  };

  it('knows the published sizes to the last parameter', async () => {
    expect((await held([], published.three)).parameters).toBe(3_754_622_976);
    expect((await held([], published.seven)).parameters).toBe(8_292_166_656);
    const parameters = async (model: string) => (await held([], await capacity(model))).parameters;
    expect(await parameters('Qwen/Qwen2-VL-2B-Instruct')).toBe(2_208_985_600);
    expect(await parameters('Qwen/Qwen3-VL-2B-Instruct')).toBe(2_127_532_032);
    expect(await parameters('Qwen/Qwen3-VL-4B-Instruct@main')).toBe(4_437_815_808);
  });

  it('counts adapters with their gradients and moments', async () => {
    const { trained, training } = await held(['lora.rank=64'], published.three);
    // Rank 64 on seven matrices of 36 layers.
    expect(trained).toBe(36 * 64 * (2 * (2048 + 2048) + 2 * (2048 + 256) + 3 * (2048 + 11008)));
    expect(training).toBe(12 * trained);
  });

  it.each<[WeightFormat, number]>([
    // Counted by hand: matrices of the 3B hold 3,753,867,264 numbers, its vectors 755,712.
    ['float32', 4 * 3_754_622_976],
    ['bfloat16', 2 * 3_753_867_264 + 4 * 755_712],
  ])('holds the weights of the 3B in %s', async (weights, bytes) => {
    const { held: all, trained } = await held([`weights=${weights}`], published.three);
    expect(all).toBe(bytes + 4 * trained);
  });

  it('takes less with narrower caches, and no more in longer runs', async () => {
    const sampled = ['rollout.maxTokens=4096', 'rollout.prompts=64', 'rollout.completions=5'];
    const wide = await held([...sampled, 'rollout.cache=float32'], published.three);
    const narrow = await held([...sampled, 'rollout.cache=bfloat16'], published.three);
    const keysAndValues = 2 * 36 * 256 * 4 * 64 * (320 + 5 * 4096);
    expect(wide.sampling - narrow.sampling).toBe(keysAndValues / 2);
    expect(await held(['steps=9'], published.three)).toEqual(await held([], published.three));
  });
});

describe('a run', () => {
  it('is refused when its model alone is too much, with the formats that would fit', async () => {
    const { config } = await loadConfig({ preset: 'qwen2.5-vl-3b' });
    expect(() => refuseWhatCannotFit(config, native(24e9), published.three)).toThrow(
      /^model: .*3B-Instruct has 3\.75 G parameters, and with 3\.75 G of them trained and float32 weights they take 67\.6 GB, but the machine has 24\.0 GB; what would fit: lora=\{rank: 16\}/,
    );
    expect(() => refuseWhatCannotFit(config, inWasm, published.three)).toThrow(
      'but the engine wasm has 4.3 GB at most; what would fit: lora={rank: 16} with weights=int8, or lora={rank: 16} with weights=nf4',
    );
  });

  it('is refused when a micro-batch is too much, with the mildest remedies first', async () => {
    const { config } = await loadConfig({
      preset: 'qwen2.5-vl-3b-lora',
      set: ['rollout.prompts=64', 'microBatch=64'],
    });
    expect(() => refuseWhatCannotFit(config, native(24e9), published.three, prompt)).toThrow(
      /^microBatch: groups of 64 prompts at a time with \d completions of up to 256 tokens take about \d+\.\d GB \(.* weights, .*\), but the machine has 24\.0 GB; what would fit: microBatch=1/,
    );
  });

  it('samples fewer prompts at a time where all do not fit, down to one', async () => {
    const { config } = await loadConfig({
      preset: 'qwen2.5-vl-3b-lora',
      set: ['rollout.prompts=64', 'rollout.maxTokens=512', 'rollout.completions=4'],
    });
    expect(refuseWhatCannotFit(config, native(400e9), published.three, prompt).batch).toBe(64);
    const { batch, needed } = refuseWhatCannotFit(config, native(24e9), published.three, prompt);
    expect(batch).toBeLessThan(64);
    expect(needed.total).toBeLessThanOrEqual(24e9);
  });

  it('of the default model fits everywhere', async () => {
    const { config } = await loadConfig({});
    const { needed } = refuseWhatCannotFit(config, inWasm, await capacity(modelSource('tiny')), {
      tokens: 60,
      patches: 64,
    });
    expect(needed.trained).toBe(needed.parameters);
    expect(needed.model).toBe(16 * needed.parameters);
    expect(needed.total).toBeLessThan(3e9);
  });
});

describe('the presets for 24 GB', () => {
  it.each([
    ...['qwen2-vl-2b-lora', 'qwen3-vl-2b-lora', 'qwen3-vl-4b-lora'],
    ...['qwen2.5-vl-3b-lora', 'qwen2.5-vl-7b-lora'],
  ])('%s fits as it stands', async (preset) => {
    const { config } = await loadConfig({ preset });
    // The longest prompt that its data may have.
    const longest = { tokens: 1280, patches: 4 * 1280 };
    const model = await capacity(config.model);
    expect(() => refuseWhatCannotFit(config, native(24e9), model, longest)).not.toThrow();
  });
});

describe('a use of a model', () => {
  const arithmetic = { activations: 'float32', cache: 'float32' } as const;
  const scoring = { prompts: 1, completions: 1, tokens: 8, views: 0 };

  it('is refused with the formats that fit', () => {
    expect(() => refuseUse('seven', native(12e9), published.seven, { arithmetic, prompt, scoring })).toThrow(
      /^--model: seven takes about 1\d\.\d GB with bfloat16 weights \(16\.6 GB weights, .*\), but the machine has 12\.0 GB; what would fit: --weights int8, or --weights nf4\.$/,
    );
  });

  it('names no format where the engine has none', () => {
    const stock: EngineRoom = { ...native(12e9), formats: ['float32'] };
    expect(() => refuseUse('three', stock, published.three, { arithmetic, prompt, scoring })).toThrow(
      /with float32 weights \(15\.0 GB weights, .*\), but the machine has 12\.0 GB\.$/,
    );
  });
});
