import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import configurations from '../__fixtures__/configurations.json' with { type: 'json' };
import expected from './__fixtures__/expected.json' with { type: 'json' };
import written from './__fixtures__/written.json' with { type: 'json' };
import { adapterConfigKeys, parseAdapterConfig } from './adapter-config.js';
import { leftOutBy } from './adapter-targets.js';
import {
  type AdapterFactor,
  adapterTensorName,
  parseAdapterTensorName,
  readAdapterDirectory,
  writeAdapterDirectory,
} from './index.js';

const fixture = fileURLToPath(new URL('./__fixtures__/adapter', import.meta.url));
const wanted = expected.directories.adapter as Record<string, { shape: number[]; sha256: string }>;
const sha256 = (data: Float32Array) => createHash('sha256').update(new Uint8Array(data.buffer)).digest('hex');

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cppo-adapter-'));
});
afterAll(() => rm(root, { recursive: true }));

async function factorsOf(directory: string): Promise<AdapterFactor[]> {
  const factors: AdapterFactor[] = [];
  for await (const { name, shape, data } of (await readAdapterDirectory(directory)).tensors()) {
    factors.push({ ...parseAdapterTensorName(name)!, shape: shape as [number, number], data });
  }
  return factors;
}

describe('adapter tensor names', () => {
  it('are those of PEFT, and are read in old and new naming', () => {
    const module = 'model.layers.0.self_attn.q_proj';
    expect(adapterTensorName(module, 'A')).toBe(
      'base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight',
    );
    expect(parseAdapterTensorName(adapterTensorName(module, 'B'))).toEqual({ module, factor: 'B' });
    expect(parseAdapterTensorName(`base_model.model.${module}.lora_A.weight`)).toEqual({
      module,
      factor: 'A',
    });
    const vision = 'visual.blocks.3.attn.qkv';
    expect(adapterTensorName(vision, 'A')).toBe(
      'base_model.model.model.visual.blocks.3.attn.qkv.lora_A.weight',
    );
    expect(parseAdapterTensorName(adapterTensorName(vision, 'A'))).toEqual({ module: vision, factor: 'A' });
    expect(parseAdapterTensorName('base_model.model.x.lora_embedding_A')).toBeUndefined();
  });
});

describe('readAdapterDirectory', () => {
  it('reads what PEFT wrote', async () => {
    const adapter = await readAdapterDirectory(fixture);
    expect(adapter).toMatchObject({
      rank: 2,
      alpha: 6,
      dropout: 0.05,
      rankStabilized: false,
      baseModel: 'tiny',
    });
    const seen: string[] = [];
    for await (const { name, shape, data } of adapter.tensors()) {
      expect([name, shape, sha256(data)]).toEqual([name, wanted[name]!.shape, wanted[name]!.sha256]);
      seen.push(name);
    }
    expect(seen.sort()).toEqual(Object.keys(wanted).sort());
  });

  it('names what it does not support or cannot use', async () => {
    const config = JSON.parse(await readFile(join(fixture, 'adapter_config.json'), 'utf8')) as object;
    const failure = async (change: object) => {
      const directory = await mkdtemp(join(root, 'bad-'));
      await cp(fixture, directory, { recursive: true });
      await writeFile(join(directory, 'adapter_config.json'), JSON.stringify({ ...config, ...change }));
      return readAdapterDirectory(directory).then(
        () => 'nothing was wrong',
        (error: Error) => error.message,
      );
    };
    expect(await failure({})).toBe('nothing was wrong');
    expect(await failure({ peft_type: 'IA3' })).toMatch(
      /"peft_type" in adapter_config.json is "IA3": .*"LORA"/,
    );
    expect(await failure({ use_dora: true })).toContain(
      '"use_dora" in adapter_config.json is true: DoRA is not supported',
    );
    expect(await failure({ rank_pattern: { x: 4 } })).toContain(
      '"rank_pattern" in adapter_config.json is {"x":4}',
    );
    expect(await failure({ bias: 'all' })).toContain('training biases is not supported');
    expect(await failure({ r: 3 })).toMatch(
      /lora_A.weight" in .* has shape \[2, 16\]; expected \[3, in\], since r is 3/,
    );
    expect(await failure({ target_modules: ['q_proj'] })).toMatch(
      /holds ".*v_proj.lora_.\.weight", which "target_modules" in adapter_config.json leaves out/,
    );
    expect(await failure({ r: '2' })).toContain('"r" in adapter_config.json is "2"');
    await expect(readAdapterDirectory(join(root, 'none'))).rejects.toThrow('is not a directory');
    await expect(readAdapterDirectory(root)).rejects.toThrow('has no adapter_config.json');
  });
});

describe('parseAdapterConfig', () => {
  const { lora } = configurations;

  it("knows every key of PEFT's LoraConfig, and takes its defaults", () => {
    expect(Object.keys(lora).filter((key) => !adapterConfigKeys.includes(key))).toEqual([]);
    expect(parseAdapterConfig(lora)).toMatchObject({ rank: 8, alpha: 8, dropout: 0, rankStabilized: false });
  });

  it.each([
    ...['pissa', 'pissa_niter_4', 'olora', 'OLoRA', 'corda', 'lora_ga', 'loftq'].map((name) => [
      { init_lora_weights: name },
      `"init_lora_weights" in adapter_config.json is "${name}": it changes the base model`,
    ]),
    [{ init_lora_weights: 'pisa' }, 'is "pisa": expected true, false, "gaussian"'],
    [{ lora_alpha: 0 }, '"lora_alpha" in adapter_config.json is 0'],
    [{ lora_dropout: 1 }, '"lora_dropout" in adapter_config.json is 1'],
    [{ trainable_token_indices: [3] }, '"trainable_token_indices" in adapter_config.json is [3]'],
    [{ target_parameters: ['a.b'] }, '"target_parameters"'],
    [{ lora_bias: true }, '"lora_bias" in adapter_config.json is true'],
    [{ alora_invocation_tokens: [1, 2] }, '"alora_invocation_tokens"'],
    [{ use_qalora: true }, 'QALoRA is not supported'],
    [{ kasa_config: { x: 1 } }, 'KaSA is not supported'],
    [
      { lora_temperature: 2 },
      '"lora_temperature" in adapter_config.json is 2: a key that LoraConfig of PEFT',
    ],
  ] as [object, string][])('refuses %j by its key', (change, message) => {
    expect(() => parseAdapterConfig({ ...lora, ...change })).toThrow(message);
  });

  it.each([
    { init_lora_weights: 'gaussian' },
    { init_lora_weights: false },
    { init_lora_weights: 'eva', eva_config: { rho: 2 } },
    { init_lora_weights: 'orthogonal' },
    { inference_mode: false, task_type: null, peft_version: '0.9', auto_mapping: { base: 'x' } },
    { future_feature: null, another: {} },
  ])('takes %j', (change) => {
    expect(parseAdapterConfig({ ...lora, ...change }).rank).toBe(8);
  });

  it('adapts the layers that PEFT adapts', () => {
    for (const { config, adapted } of configurations.targets) {
      const { targets } = parseAdapterConfig({ ...lora, ...config });
      const ours = configurations.modules.map((module) => leftOutBy(targets, [module]) === undefined);
      expect([config, ours]).toEqual([config, adapted]);
    }
    const { targets } = parseAdapterConfig({ ...lora, target_modules: '(?>q_proj)' });
    expect(() => leftOutBy(targets, ['q_proj'])).toThrow('a regular expression that JavaScript cannot read');
  });
});

describe('writeAdapterDirectory', () => {
  it('gives back the same adapter', async () => {
    const directory = join(root, 'written');
    const adapter = {
      rank: 2,
      alpha: 6,
      dropout: 0.05,
      baseModel: 'tiny',
      factors: await factorsOf(fixture),
    };
    await writeAdapterDirectory(directory, adapter);
    const back = await readAdapterDirectory(directory);
    expect(back).toMatchObject({
      rank: 2,
      alpha: 6,
      dropout: 0.05,
      rankStabilized: false,
      baseModel: 'tiny',
    });
    expect(back.config).toMatchObject({
      target_modules: ['q_proj', 'v_proj'],
      exclude_modules: '.*visual.*',
    });
    for await (const { name, data } of back.tensors()) expect(sha256(data)).toBe(wanted[name]!.sha256);
    expect(back.tensorIndex.size).toBe(Object.keys(wanted).length);
    // The very bytes that PEFT was seen to read.
    for (const file of ['adapter_config.json', 'adapter_model.safetensors'] as const) {
      const hash = createHash('sha256')
        .update(await readFile(join(directory, file)))
        .digest('hex');
      expect([file, hash]).toEqual([file, written.sha256[`adapter/${file}`]]);
    }
    await expect(writeAdapterDirectory(directory, adapter)).rejects.toThrow('already holds files');
    await writeAdapterDirectory(directory, { ...adapter, rankStabilized: true, overwrite: true });
    expect((await readAdapterDirectory(directory)).rankStabilized).toBe(true);
  });

  it('names modules so that PEFT finds them and no others', async () => {
    const directory = join(root, 'merger');
    const modules = ['visual.blocks.0.attn.proj', 'visual.merger.mlp.0', 'model.layers.0.self_attn.q_proj'];
    const factors = modules.flatMap((module) =>
      (['A', 'B'] as const).map((factor): AdapterFactor => {
        const shape = factor === 'A' ? ([1, 4] as const) : ([4, 1] as const);
        return { module, factor, shape, data: new Float32Array(4) };
      }),
    );
    await writeAdapterDirectory(directory, { rank: 1, alpha: 1, baseModel: 'tiny', factors });
    // By '0' PEFT 0.21 would find whole blocks and fail, by 'proj' the patch embedding.
    expect((await readAdapterDirectory(directory)).config).toMatchObject({
      target_modules: ['attn.proj', 'mlp.0', 'q_proj'],
      exclude_modules: null,
    });
  });

  it('refuses an adapter of nothing, and half a pair is found out', async () => {
    const base = { rank: 2, alpha: 6, baseModel: 'tiny' };
    await expect(writeAdapterDirectory(join(root, 'empty'), { ...base, factors: [] })).rejects.toThrow(
      'no factors',
    );
    const [first] = await factorsOf(fixture);
    await writeAdapterDirectory(join(root, 'half'), { ...base, factors: [first!] });
    await expect(readAdapterDirectory(join(root, 'half'))).rejects.toThrow(
      /holds ".*lora_A.weight" but not its lora_B/,
    );
  });
});
