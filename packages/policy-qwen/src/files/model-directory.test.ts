import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import expected from './__fixtures__/expected.json' with { type: 'json' };
import written from './__fixtures__/written.json' with { type: 'json' };
import {
  type LoadedTensor,
  type ModelFiles,
  type ReadProgress,
  readModelDirectory,
  type TensorToWrite,
  writeModelDirectory,
} from './index.js';

const fixture = (name: string) => fileURLToPath(new URL(`./__fixtures__/${name}`, import.meta.url));
const directories = expected.directories as Record<
  string,
  Record<string, { file: string; shape: number[]; dtype: string; sha256: string }>
>;
const torchNames: Record<string, string> = {
  BF16: 'torch.bfloat16',
  F16: 'torch.float16',
  F32: 'torch.float32',
};

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cppo-files-'));
});
afterAll(() => rm(root, { recursive: true }));

let copies = 0;
/** A copy of a fixture to break, with the small files that every directory needs. */
async function copyOf(name: string): Promise<string> {
  const to = join(root, `copy-${copies++}`);
  await cp(fixture('nested-bf16'), to, {
    recursive: true,
    filter: (file) =>
      name === 'nested-bf16' || !/\.safetensors|processor_config|chat_template|generation_config/.test(file),
  });
  if (name === 'new-names-f32')
    await cp(fixture('flat-f16/preprocessor_config.json'), join(to, 'preprocessor_config.json'));
  await cp(fixture(name), to, { recursive: true });
  return to;
}

async function collect(tensors: AsyncIterable<LoadedTensor>): Promise<LoadedTensor[]> {
  const list: LoadedTensor[] = [];
  for await (const tensor of tensors) list.push(tensor);
  return list;
}

const sha256 = (data: Float32Array) =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

describe('readModelDirectory', () => {
  for (const name of ['nested-bf16', 'flat-f16', 'new-names-f32']) {
    it(`reads every tensor of ${name}, as written by transformers`, async () => {
      const files = await readModelDirectory(await copyOf(name));
      const wanted = directories[name]!;
      expect([...files.tensorIndex.keys()].sort()).toEqual(Object.keys(wanted).sort());
      for (const { name: tensor, shape, dtype, data } of await collect(files.tensors())) {
        const { file, ...rest } = wanted[tensor]!;
        expect([tensor, { shape, dtype: torchNames[dtype], sha256: sha256(data) }]).toEqual([tensor, rest]);
        expect(files.tensorIndex.get(tensor)).toEqual({ shape, dtype, file });
      }
    });
  }

  it('reads the small files of both layouts', async () => {
    const nested = await readModelDirectory(await copyOf('nested-bf16'));
    expect(nested.config.text_config).toMatchObject({ hidden_size: 16 });
    expect(nested.generationConfig).toMatchObject({ repetition_penalty: 1.05 });
    expect(nested.preprocessorConfig).toMatchObject({ size: { shortest_edge: 256 } });
    expect(nested.chatTemplate).toContain('<|image_pad|>');
    const flat = await readModelDirectory(await copyOf('flat-f16'));
    expect(flat.config.hidden_size).toBe(16);
    expect(flat.generationConfig).toEqual({});
    expect(flat.preprocessorConfig).toMatchObject({ min_pixels: 256, max_pixels: 8192 });
    expect(flat.chatTemplate).toBe(nested.chatTemplate);
  });

  it("takes the chat template from where transformers does, the tokenizer's own last", async () => {
    const directory = await copyOf('flat-f16');
    const template = async () => (await readModelDirectory(directory)).chatTemplate;
    await writeFile(join(directory, 'chat_template.jinja'), 'jinja');
    expect(await template()).toBe('jinja');
    await rm(join(directory, 'chat_template.jinja'));
    expect(await template()).toContain('<|image_pad|>');
    await rm(join(directory, 'chat_template.json'));
    expect(await template()).toBeUndefined();
    await writeFile(join(directory, 'tokenizer_config.json'), '{"chat_template": "own"}');
    expect(await template()).toBe('own');
    const named = [
      { name: 'tool_use', template: 'a' },
      { name: 'default', template: 'b' },
    ];
    await writeFile(join(directory, 'tokenizer_config.json'), JSON.stringify({ chat_template: named }));
    expect(await template()).toBe('b');
    await writeFile(join(directory, 'tokenizer_config.json'), '{"chat_template": 3}');
    await expect(template()).rejects.toThrow(
      '"chat_template" in tokenizer_config.json is neither a string nor',
    );
  });

  it('reports progress up to the whole', async () => {
    const files = await readModelDirectory(await copyOf('nested-bf16'));
    const reports: ReadProgress[] = [];
    await collect(files.tensors((progress) => reports.push(progress)));
    const total = Object.keys(directories['nested-bf16']!).length;
    expect(reports.map(({ tensorsRead }) => tensorsRead)).toEqual(
      Array.from({ length: total }, (_, i) => i + 1),
    );
    expect(reports.at(-1)!.bytesRead).toBe(reports.at(-1)!.bytesTotal);
  });

  it('can be left after a few tensors', async () => {
    const files = await readModelDirectory(await copyOf('nested-bf16'));
    for await (const tensor of files.tensors()) {
      expect(tensor.data.length).toBeGreaterThan(0);
      break;
    }
  });

  describe('names what is wrong', () => {
    const failure = async (directory: string) =>
      readModelDirectory(directory).then(
        () => 'nothing was wrong',
        (error: Error) => error.message,
      );
    const edit = async (
      directory: string,
      file: string,
      change: (json: Record<string, unknown>) => unknown,
    ) => {
      const path = join(directory, file);
      await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')))));
    };
    const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'] as const;
    const index = 'model.safetensors.index.json';

    it('of files', async () => {
      expect(await failure(join(root, 'nowhere'))).toMatch(/nowhere is not a directory/);
      for (const file of ['config.json', 'tokenizer.json']) {
        const directory = await copyOf('flat-f16');
        await rm(join(directory, file));
        expect(await failure(directory)).toContain(`has no ${file}`);
        await writeFile(join(directory, file), '{"a": ');
        expect(await failure(directory)).toContain(`${file} in ${directory} is not JSON`);
        await writeFile(join(directory, file), '[1]');
        expect(await failure(directory)).toContain(
          `${file} in ${directory} holds a list; expected an object`,
        );
      }
      const directory = await copyOf('flat-f16');
      await rm(join(directory, 'preprocessor_config.json'));
      expect(await failure(directory)).toContain('has no preprocessor_config.json');
    });

    it('of weights that are not there', async () => {
      const directory = await copyOf('flat-f16');
      await rm(join(directory, 'model.safetensors'));
      await writeFile(join(directory, 'pytorch_model.bin'), '');
      expect(await failure(directory)).toContain(
        'has neither model.safetensors nor model.safetensors.index.json (it has pytorch_model.bin)',
      );
      const sharded = await copyOf('nested-bf16');
      await rm(join(sharded, shards[1]));
      expect(await failure(sharded)).toContain(`names ${shards[1]}, which`);
    });

    it('of a truncated shard', async () => {
      const directory = await copyOf('nested-bf16');
      const { size } = await stat(join(directory, shards[1]));
      await truncate(join(directory, shards[1]), size - 2);
      expect(await failure(directory)).toMatch(/model-00002-of-00002\.safetensors, tensor ".+" is truncated/);
    });

    it('of a shard cut off while it is read', async () => {
      const directory = await copyOf('flat-f16');
      const files = await readModelDirectory(directory);
      const { size } = await stat(join(directory, 'model.safetensors'));
      await truncate(join(directory, 'model.safetensors'), size - 2);
      await expect(collect(files.tensors())).rejects.toThrow(
        /model\.safetensors ended at byte \d+ while reading tensor ".+"/,
      );
    });

    it('of an index that lists more or less than the shards hold', async () => {
      const directory = await copyOf('nested-bf16');
      const name = 'model.norm.weight';
      await edit(directory, index, (json) => {
        const { [name]: _, ...weight_map } = json.weight_map as Record<string, string>;
        return { ...json, weight_map };
      });
      expect(await failure(directory)).toContain(`holds tensor "${name}", which ${index} does not list`);
      await edit(directory, index, (json) => ({
        ...json,
        weight_map: { ...(json.weight_map as object), [name]: shards[0], extra: shards[0] },
      }));
      expect(await failure(directory)).toMatch(
        /(holds tensor "model\.norm\.weight", which .* places in)|(places tensor "extra" in)/,
      );
      await edit(directory, index, (json) => ({ ...json, weight_map: { a: '../elsewhere.safetensors' } }));
      expect(await failure(directory)).toContain(
        'places "a" in "../elsewhere.safetensors"; expected the name',
      );
      await edit(directory, index, () => ({}));
      expect(await failure(directory)).toContain('"weight_map" in model.safetensors.index.json is undefined');
    });

    it('of a type that is none of weights', async () => {
      const directory = await copyOf('flat-f16');
      const header = JSON.stringify({ odd: { dtype: 'I32', shape: [1], data_offsets: [0, 4] } });
      const bytes = Buffer.alloc(8 + header.length + 4);
      bytes.writeBigUInt64LE(BigInt(header.length));
      bytes.write(header, 8);
      await writeFile(join(directory, 'model.safetensors'), bytes);
      const files = await readModelDirectory(directory);
      await expect(collect(files.tensors())).rejects.toThrow(
        'tensor "odd" has dtype I32; expected BF16, F16 or F32',
      );
    });
  });
});

describe('writeModelDirectory', () => {
  const tensorsOf = async (files: ModelFiles): Promise<TensorToWrite[]> =>
    (await collect(files.tensors())).map(({ name, shape, data }) => ({ name, shape, data: () => data }));
  let source: ModelFiles;
  let tensors: TensorToWrite[];
  beforeAll(async () => {
    source = await readModelDirectory(fixture('nested-bf16'));
    tensors = await tensorsOf(source);
  });
  const next = () => join(root, `written-${copies++}`);

  for (const dtype of ['bfloat16', 'float32'] as const) {
    for (const maxShardBytes of [undefined, 10_000]) {
      it(`gives back the same model in ${dtype}, ${maxShardBytes ? 'sharded' : 'in one file'}`, async () => {
        const directory = next();
        const written: number[] = [];
        await writeModelDirectory(directory, {
          config: source.config,
          tensors,
          dtype,
          copyFrom: source.directory as string,
          ...(maxShardBytes ? { maxShardBytes } : {}),
          onProgress: ({ tensorsWritten }) => written.push(tensorsWritten),
        });
        expect(written.at(-1)).toBe(tensors.length);
        const back = await readModelDirectory(directory);
        const names = (await readdir(directory)).filter((name) => name.endsWith('.safetensors'));
        if (maxShardBytes) expect(names.length).toBeGreaterThan(1);
        else expect(names).toEqual(['model.safetensors']);
        for (const { name, shape, dtype: stored, data } of await collect(back.tensors())) {
          expect(torchNames[stored]).toBe(`torch.${dtype}`);
          expect([name, shape, sha256(data)]).toEqual([
            name,
            directories['nested-bf16']![name]!.shape,
            directories['nested-bf16']![name]!.sha256,
          ]);
        }
        expect(back.tensorIndex.size).toBe(tensors.length);
        expect(back.config).toEqual({ ...source.config, dtype, ...textDtype(source.config, dtype) });
        expect(back.tokenizerJson).toEqual(source.tokenizerJson);
        expect(back.chatTemplate).toBe(source.chatTemplate);
        expect(back.preprocessorConfig).toEqual(source.preprocessorConfig);
      });
    }
  }

  for (const [name, dtype, maxShardBytes] of [
    ['nested-bf16', 'bfloat16', 20_000],
    ['nested-bf16', 'float32', 5e9],
    ['flat-f16', 'float32', 30_000],
    ['new-names-f32', 'float32', 5e9],
  ] as const) {
    it(`writes the very bytes that transformers was seen to read: ${name} as ${dtype}`, async () => {
      const directory = next();
      const files = await readModelDirectory(await copyOf(name));
      await writeModelDirectory(directory, {
        config: files.config,
        tensors: await tensorsOf(files),
        dtype,
        maxShardBytes,
      });
      const folder = `${name}-${dtype}/`;
      const hashes = Object.entries(written.sha256).filter(([file]) => file.startsWith(folder));
      expect((await readdir(directory)).sort()).toEqual(
        hashes.map(([file]) => file.slice(folder.length)).sort(),
      );
      for (const [file, hash] of hashes) {
        const bytes = await readFile(join(directory, file.slice(folder.length)));
        expect([file, createHash('sha256').update(bytes).digest('hex')]).toEqual([file, hash]);
      }
    });
  }

  it('splits into the shards that transformers makes, index and all', async () => {
    const directory = next();
    await writeModelDirectory(directory, {
      config: source.config,
      tensors,
      dtype: 'bfloat16',
      maxShardBytes: 20_000,
    });
    const read = async (from: string) =>
      JSON.parse(await readFile(join(from, 'model.safetensors.index.json'), 'utf8')) as {
        metadata: { total_size: number };
        weight_map: Record<string, string>;
      };
    const theirs = await read(fixture('nested-bf16'));
    const ours = await read(directory);
    expect(ours.metadata.total_size).toBe(theirs.metadata.total_size);
    expect(ours.weight_map).toEqual(theirs.weight_map);
  });

  it('gives back tensors that take several chunks of reading and writing', async () => {
    const directory = next();
    const size = 9_000_001;
    // Odd numbers below 256, which bfloat16 holds exactly, in a period that no chunk is a multiple of.
    const data = Float32Array.from({ length: size }, (_, i) => 1 + 2 * (i % 127));
    await writeModelDirectory(directory, {
      config: {},
      tensors: [
        { name: 'before', shape: [1], data: Float32Array.of(3) },
        { name: 'long', shape: [size], data },
      ],
      dtype: 'bfloat16',
      files: { 'tokenizer.json': { model: {} }, 'preprocessor_config.json': {} },
    });
    const back = await (await readModelDirectory(directory)).tensor('long');
    expect(back.data.findIndex((value, i) => value !== data[i])).toBe(-1);
    expect(back.data.length).toBe(size);
    const files = await readModelDirectory(directory);
    const part = await files.withTensor('long', (tensor) => tensor.numbers(5, size - 2));
    expect(part.findIndex((value, i) => value !== data[5 + i])).toBe(-1);
    expect(part.length).toBe(size - 7);
  });

  it('keeps shards within the limit, a larger tensor alone', async () => {
    const directory = next();
    const make = (name: string, size: number) => ({
      name,
      shape: [size],
      data: new Float32Array(size).fill(1),
    });
    await writeModelDirectory(directory, {
      config: {},
      tensors: [make('a', 2), make('b', 2), make('c', 9), make('d', 4), make('e', 1)],
      dtype: 'float32',
      maxShardBytes: 16,
      files: { 'tokenizer.json': { model: {} }, 'preprocessor_config.json': '{}' },
    });
    const { tensorIndex } = await readModelDirectory(directory);
    const shard = (name: string) => tensorIndex.get(name)!.file.slice(6, 11);
    expect(['a', 'b', 'c', 'd', 'e'].map(shard)).toEqual(['00001', '00001', '00002', '00003', '00004']);
  });

  it('names the type in a config that names none', async () => {
    const directory = next();
    await writeModelDirectory(directory, { config: { a: 1 }, tensors: [], dtype: 'float32' });
    expect(JSON.parse(await readFile(join(directory, 'config.json'), 'utf8'))).toEqual({
      a: 1,
      torch_dtype: 'float32',
    });
  });

  it('leaves nothing behind when it fails, and what was there before', async () => {
    const directory = next();
    const bad = { name: 'bad', shape: [3], data: new Float32Array(2) };
    const write = (extra: object) =>
      writeModelDirectory(directory, { config: { version: 1 }, tensors, dtype: 'float32', ...extra });
    await expect(write({ tensors: [...tensors, bad] })).rejects.toThrow(
      'tensor "bad" has 2 values; its shape [3] takes 3',
    );
    const left = async () => (await readdir(root)).filter((name) => directory.endsWith(name.split('.')[0]!));
    expect(await left()).toEqual([]);
    await write({});
    await expect(write({ overwrite: true, tensors: [bad] })).rejects.toThrow('tensor "bad"');
    expect(await left()).toHaveLength(1);
    expect(JSON.parse(await readFile(join(directory, 'config.json'), 'utf8')).version).toBe(1);
  });

  it('replaces a model only when told to, and nothing that is no model', async () => {
    const directory = next();
    const write = (version: number, overwrite: boolean) =>
      writeModelDirectory(directory, { config: { version }, tensors: [], dtype: 'float32', overwrite });
    await write(1, false);
    await expect(write(2, false)).rejects.toThrow('already holds files');
    await write(3, true);
    expect(JSON.parse(await readFile(join(directory, 'config.json'), 'utf8')).version).toBe(3);
    await rm(join(directory, 'config.json'));
    await expect(write(4, true)).rejects.toThrow(
      'expected a new or empty directory, or overwrite and a config.json in it',
    );
  });

  it('can save over the directory that it was loaded from', async () => {
    const directory = await copyOf('nested-bf16');
    const files = await readModelDirectory(directory);
    const doubled = (await collect(files.tensors())).map(({ name, shape, data }) => ({
      name,
      shape,
      data: data.map((value) => 2 * value),
    }));
    await writeModelDirectory(directory, {
      config: files.config,
      tensors: doubled,
      dtype: 'float32',
      copyFrom: directory,
      overwrite: true,
    });
    const back = await readModelDirectory(directory);
    expect(back.tokenizerJson).toEqual(files.tokenizerJson);
    const norm = (await collect(back.tensors())).find(({ name }) => name === 'model.norm.weight')!;
    expect([...norm.data]).toEqual(new Array(16).fill(2));
  });

  it('takes a tensor piece by piece, and counts them', async () => {
    const values = Float32Array.from({ length: 10 }, (_, i) => i);
    const write = (directory: string, pieces: number[]) =>
      writeModelDirectory(directory, {
        config: source.config,
        copyFrom: source.directory as string,
        dtype: 'float32',
        tensors: [
          {
            name: 'a',
            shape: [5, 2],
            async *data() {
              let from = 0;
              for (const size of pieces) {
                yield values.slice(from, from + size);
                from += size;
              }
            },
          },
          { name: 'b', shape: [1], data: Float32Array.of(7) },
        ],
      });
    const directory = next();
    await write(directory, [4, 0, 5, 1]);
    const back = await collect((await readModelDirectory(directory)).tensors());
    expect(back.map(({ name, data }) => [name, [...data]])).toEqual([
      ['a', [...values]],
      ['b', [7]],
    ]);
    await expect(write(next(), [4, 5])).rejects.toThrow('tensor "a" has 9 values; its shape [5, 2] takes 10');
  });

  it('refuses a name that comes twice and options that make no sense', async () => {
    const write = (extra: object) =>
      writeModelDirectory(next(), { config: {}, tensors: [], dtype: 'float32', ...extra });
    await expect(write({ tensors: [tensors[0], tensors[0]] })).rejects.toThrow('comes twice');
    await expect(write({ maxShardBytes: 0 })).rejects.toThrow(
      'maxShardBytes is 0; expected a positive number',
    );
    await expect(write({ copyFrom: '/nowhere/at/all' })).rejects.toThrow('which is not a directory');
  });
});

/** transformers repeats the type in the nested parts of a configuration. */
function textDtype(config: Readonly<Record<string, unknown>>, dtype: string): object {
  return Object.fromEntries(
    ['text_config', 'vision_config']
      .filter((key) => 'dtype' in (config[key] as object))
      .map((key) => [key, { ...(config[key] as object), dtype }]),
  );
}
