import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseQwenConfig } from '../config.js';
import { parameterShapes } from '../parameters.js';
import { readModelDirectory } from './index.js';
import { buildSafetensorsHeader, elementCount } from './safetensors.js';
import { planShards, shardIndexFile } from './shard-plan.js';

// A stand-in for the published 3B checkpoint: its configuration, its full set of names, shapes and types, its two
// shards at their full length of 7.5 GB, but as sparse files: headers are written, a few tensors are given values,
// and the rest are holes that take no space and are never read here.

const config = {
  model_type: 'qwen2_5_vl',
  hidden_size: 2048,
  intermediate_size: 11008,
  num_hidden_layers: 36,
  num_attention_heads: 16,
  num_key_value_heads: 2,
  vocab_size: 151936,
  tie_word_embeddings: true,
  rms_norm_eps: 1e-6,
  rope_theta: 1e6,
  rope_scaling: { type: 'mrope', mrope_section: [16, 24, 24] },
  torch_dtype: 'bfloat16',
  image_token_id: 151655,
  vision_config: {
    depth: 32,
    hidden_size: 1280,
    intermediate_size: 3420,
    num_heads: 16,
    out_hidden_size: 2048,
    in_chans: 3,
    tokens_per_second: 2,
  },
};
const tensors = [...parameterShapes(parseQwenConfig(config))].map(([name, shape]) => ({ name, shape }));
const plan = planShards(tensors, 2, 5e9);

let directory: string;
let allocated = 0;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cppo-3b-'));
  const write = (name: string, json: unknown) => writeFile(join(directory, name), JSON.stringify(json));
  await write('config.json', config);
  await write('tokenizer.json', { model: {} });
  await write('preprocessor_config.json', {});
  await write(shardIndexFile, plan.index);
  for (const shard of plan.shards) {
    const header = buildSafetensorsHeader(shard.tensors, 'BF16');
    const file = await open(join(directory, shard.file), 'w');
    await file.write(header);
    let end = header.length;
    for (const { name, shape } of shard.tensors) {
      end += 2 * elementCount(shape);
      // The last number of a few tensors: 1.5 in bfloat16.
      if (/layernorm|norm1/.test(name)) await file.write(Uint8Array.of(0xc0, 0x3f), 0, 2, end - 2);
    }
    await file.truncate(end);
    allocated += (await file.stat()).blocks * 512;
    await file.close();
  }
});
afterAll(() => rm(directory, { recursive: true }));

describe('the published 3B checkpoint, sparse', () => {
  it('has all its tensors, under their names and shapes', async (context) => {
    if (allocated > 1e8) context.skip('this file system keeps no sparse files');
    const { tensorIndex } = await readModelDirectory(directory);
    expect(tensorIndex.size).toBe(824);
    expect([...tensorIndex.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(
      3_754_622_976,
    );
    for (const { name, shape } of tensors) {
      const { file, ...found } = tensorIndex.get(name)!;
      expect([name, found, file]).toEqual([name, { shape, dtype: 'BF16' }, plan.index!.weight_map[name]]);
    }
    expect(plan.shards.map(({ file }) => file)).toEqual([
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
    ]);
  });

  it('streams its tensors from the first, the embedding before them', async (context) => {
    if (allocated > 1e8) context.skip('this file system keeps no sparse files');
    const files = await readModelDirectory(directory);
    const isEmbedding = ({ name }: { name: string }) => name === 'model.embed_tokens.weight';
    const order = [...tensors.filter(isEmbedding), ...tensors.filter((tensor) => !isEmbedding(tensor))];
    let seen = 0;
    for await (const { name, shape, data } of files.tensors()) {
      expect([name, shape]).toEqual([order[seen]!.name, order[seen]!.shape]);
      expect(data.at(-1)).toBe(/norm1/.test(name) ? 1.5 : 0);
      if (++seen === 16) break;
    }
  });

  it('reads tensors beyond 2³² bytes of the whole and at the ends of both shards', async (context) => {
    if (allocated > 1e8) context.skip('this file system keeps no sparse files');
    const files = await readModelDirectory(directory);
    for (const layer of [0, 17, 18, 35]) {
      const { data } = await files.tensor(`model.layers.${layer}.post_attention_layernorm.weight`);
      expect([data.length, data[0], data.at(-1)]).toEqual([2048, 0, 1.5]);
    }
    await expect(files.tensor('lm_head.weight')).rejects.toThrow('holds no tensor "lm_head.weight"');
  });

  it('is found out when a shard is cut by one number', async (context) => {
    if (allocated > 1e8) context.skip('this file system keeps no sparse files');
    const shard = plan.shards[1]!;
    const file = await open(join(directory, shard.file), 'r+');
    const { size } = await file.stat();
    await file.truncate(size - 2);
    await expect(readModelDirectory(directory)).rejects.toThrow(
      `in ${shard.file}, tensor "${shard.tensors.at(-1)!.name}" is truncated: it ends at byte ${size} of a file of ${size - 2} bytes`,
    );
    await file.truncate(size);
    await file.close();
  });
});
