import { totalmem } from 'node:os';
import type { Engine } from '@cppo/engine';
import { expect, it } from 'vitest';
import { loadConfig } from '../config/load.js';
import { modelDimensions, refuseWhatCannotFit } from './fit.js';
import { footprint } from './footprint.js';

const wasm: Engine = {
  name: 'wasm',
  devices: [],
  threads: 2,
  memoryLimit: 4 * 2 ** 30,
  description: '',
};
const prompt = { tokens: 400, patches: 1500 };

it('knows the published sizes to the last parameter', async () => {
  const { config } = await loadConfig({ preset: 'qwen2.5-vl-3b' });
  const size = (model: string) => footprint(modelDimensions(model)!, config, prompt).parameters;
  expect(size('Qwen/Qwen2.5-VL-3B-Instruct')).toBe(3_754_622_976);
  expect(size('Qwen/Qwen2.5-VL-7B-Instruct')).toBe(8_292_166_656);
});

it('refuses what the engine cannot hold, before anything is loaded', async () => {
  const { config } = await loadConfig({ preset: 'qwen2.5-vl-3b' });
  const dimensions = modelDimensions(config.model)!;
  expect(() => refuseWhatCannotFit(config, wasm, dimensions)).toThrow(
    /^model: .*3B-Instruct has 3\.75 G parameters, and with 3\.75 G of them trained they take 69\.9 GiB, but the engine wasm has 4\.0 GiB here; .+\.$/,
  );
});

it('names what would fit', async () => {
  const large = { ...wasm, name: 'tensorflow' as const, memoryLimit: totalmem() };
  const { config } = await loadConfig({
    set: ['rollout.prompts=4096', 'rollout.maxTokens=4096', 'microBatch=4096'],
  });
  const tiny = modelDimensions('tiny')!;
  expect(() => refuseWhatCannotFit(config, large, tiny, { tokens: 60, patches: 64 })).toThrow(
    /^microBatch: a step of/,
  );
  const middle = await loadConfig({ set: ['microBatch=600', 'rollout.prompts=600'] });
  expect(() => refuseWhatCannotFit(middle.config, wasm, tiny, { tokens: 60, patches: 64 })).toThrow(
    'what would fit: microBatch=1',
  );
});

it('takes the default run', async () => {
  const { config } = await loadConfig({});
  const needed = refuseWhatCannotFit(config, wasm, modelDimensions('tiny')!, { tokens: 60, patches: 64 });
  expect(needed.trained).toBe(needed.parameters);
  expect(needed.model).toBe(16 * needed.parameters);
  expect(needed.total).toBeLessThan(4 * 2 ** 30);
});

it('counts adapters instead of weights with LoRA', async () => {
  const { config } = await loadConfig({ preset: 'qwen2.5-vl-3b-lora' });
  const needed = footprint(modelDimensions(config.model)!, config, prompt);
  // Rank 64 on seven matrices of 36 layers.
  expect(needed.trained).toBe(36 * 64 * (2 * (2048 + 2048) + 2 * (2048 + 256) + 3 * (2048 + 11008)));
  expect(needed.model).toBe(4 * needed.parameters + 16 * needed.trained);
});
