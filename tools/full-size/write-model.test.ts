import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parameterShapes, parseQwenConfig, QwenPolicy } from '@cppo/policy-qwen';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishedConfig } from './published-config.mjs';
import { writeModel } from './write-model.mjs';
import { planShards } from './write-shards.mjs';

/** The published vocabulary over two narrow layers. A bias of 20 numbers (40 bytes) stands for those of the vision tower. */
const small = {
  ...publishedConfig('3b'),
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  rope_scaling: { type: 'mrope', mrope_section: [4, 6, 6] },
  vision_config: {
    ...publishedConfig('3b').vision_config,
    depth: 2,
    hidden_size: 32,
    intermediate_size: 20,
    num_heads: 2,
    out_hidden_size: 64,
    fullatt_block_indexes: [1],
  },
};

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-full-size-'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** Tensors of all shards by name, with the place of their first byte in the file. */
function tensorsOf(directory: string) {
  const shards = readdirSync(directory).filter((file) => file.endsWith('.safetensors'));
  return new Map(
    shards.flatMap((file) => {
      const bytes = readFileSync(join(directory, file));
      const start = 8 + Number(bytes.readBigUInt64LE());
      const { __metadata__: _, ...tensors } = JSON.parse(bytes.toString('utf8', 8, start));
      return Object.entries<{ data_offsets: [number, number] }>(tensors).map(([name, tensor]) => {
        const [begin, end] = tensor.data_offsets;
        return [name, { place: start + begin, bytes: bytes.subarray(start + begin, start + end) }] as const;
      });
    }),
  );
}

/** Numbers of bfloat16 bytes. */
function numbersOf(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 2 }, (_, i) => {
    const word = Buffer.alloc(4);
    word.writeUInt16LE(bytes.readUInt16LE(2 * i), 2);
    return word.readFloatLE();
  });
}

describe('writeModel', () => {
  it('writes a model that loads, encodes with the published token ids and scores', async () => {
    const directory = join(root, 'loads');
    await writeModel(directory, small, { shardBytes: 1.96e7 });
    expect(readdirSync(directory)).toContain('model-00001-of-00002.safetensors');
    await tf.setBackend('cpu');
    const policy = await QwenPolicy.load(directory);
    // Width 112, height 84: the worked example of the processor, as transformers encodes it.
    const image = { width: 112, height: 84, data: new Uint8Array(112 * 84 * 3).fill(90) };
    const prompt = policy.encode({ prompt: 'Describe this image.', images: [image] });
    expect([...prompt.ids]).toEqual([
      151644,
      8948,
      198,
      2610,
      525,
      264,
      10950,
      17847,
      13,
      151645,
      198,
      151644,
      872,
      198,
      151652,
      ...Array(12).fill(151655),
      151653,
      74785,
      419,
      2168,
      13,
      151645,
      198,
      151644,
      77091,
      198,
    ]);
    const { logProbs } = policy.score([{ prompt, completions: [Int32Array.of(9707, 1879)] }]);
    for (const value of await logProbs.data()) expect(value).toBeCloseTo(-Math.log(151936), 0);
    policy.dispose();
  });

  it('writes a Qwen3-VL that loads, under the names and with the template of its family', async () => {
    const whole = publishedConfig('qwen3-vl-2b');
    const directory = join(root, 'third');
    await writeModel(directory, {
      ...whole,
      text_config: {
        ...whole.text_config,
        ...{ hidden_size: 64, intermediate_size: 96, num_hidden_layers: 2 },
        ...{ num_attention_heads: 2, num_key_value_heads: 1 },
      },
      vision_config: {
        ...whole.vision_config,
        ...{ depth: 2, hidden_size: 32, intermediate_size: 20, num_heads: 2, out_hidden_size: 64 },
        deepstack_visual_indexes: [0],
      },
    });
    const tensors = tensorsOf(directory);
    expect(tensors.has('model.visual.deepstack_merger_list.0.norm.weight')).toBe(true);
    expect(
      new Set(numbersOf(tensors.get('model.language_model.layers.0.self_attn.q_norm.weight')!.bytes)),
    ).toEqual(new Set([1]));
    await tf.setBackend('cpu');
    const policy = await QwenPolicy.load(directory);
    const prompt = policy.encode({
      prompt: 'Hello world',
      images: [{ width: 256, height: 256, data: new Uint8Array(3 * 256 ** 2) }],
    });
    // No system turn, and a token for 32 × 32 pixels.
    expect([...prompt.ids]).toEqual([
      ...[151644, 872, 198, 151652],
      ...Array(64).fill(151655),
      ...[151653, 9707, 1879, 151645, 198, 151644, 77091, 198],
    ]);
    const { logProbs } = policy.score([{ prompt, completions: [Int32Array.of(9707, 1879)] }]);
    for (const value of await logProbs.data()) expect(value).toBeCloseTo(-Math.log(151936), 0);
    policy.dispose();
  });

  it('gives the same bytes for the same seed', async () => {
    const [first, again, other] = [join(root, 'first'), join(root, 'again'), join(root, 'other')];
    await writeModel(first, small, { seed: 7 });
    await writeModel(again, small, { seed: 7 });
    await writeModel(other, small, { seed: 8 });
    const weights = (directory: string) => readFileSync(join(directory, 'model.safetensors'));
    expect(weights(first).equals(weights(again))).toBe(true);
    expect(weights(first).equals(weights(other))).toBe(false);
    for (const name of readdirSync(first)) {
      if (name !== 'model.safetensors') {
        expect([name, readFileSync(join(again, name), 'utf8')]).toEqual([
          name,
          readFileSync(join(first, name), 'utf8'),
        ]);
      }
    }
  });

  it('draws from a normal distribution of the deviation in the config, and starts normalisations with 1', async () => {
    const directory = join(root, 'drawn');
    await writeModel(directory, small);
    const tensors = tensorsOf(directory);
    expect(new Set(numbersOf(tensors.get('model.norm.weight')!.bytes))).toEqual(new Set([1]));
    expect(new Set(numbersOf(tensors.get('visual.merger.ln_q.weight')!.bytes))).toEqual(new Set([1]));
    const drawn = numbersOf(tensors.get('model.embed_tokens.weight')!.bytes.subarray(0, 2e6));
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(drawn)).toBeCloseTo(0, 4);
    expect(Math.sqrt(mean(drawn.map((value) => value ** 2)))).toBeCloseTo(0.02, 4);
    // A share of 4.55 % of a normal distribution lies beyond two deviations.
    expect(mean(drawn.map((value) => Number(Math.abs(value) > 0.04)))).toBeCloseTo(0.0455, 2);
  });

  it('starts every tensor whose neighbours allow it at a multiple of 64 bytes', async () => {
    const directory = join(root, 'aligned');
    await writeModel(directory, small, { shardBytes: 1.96e7 });
    const places = [...tensorsOf(directory)].map(([name, { place }]) => [name, place % 64] as const);
    const astray = places.filter(([, rest]) => rest !== 0).map(([name]) => name);
    expect(places.length).toBe(56);
    expect(astray.filter((name) => !/(gate|up)_proj\.bias$/.test(name))).toEqual([]);
  });

  it('leaves nothing behind when it is stopped', async () => {
    const stop = new AbortController();
    const directory = join(root, 'stopped', 'model');
    await expect(
      writeModel(directory, small, { signal: stop.signal, onProgress: () => stop.abort() }),
    ).rejects.toThrow('aborted');
    expect(readdirSync(join(root, 'stopped'))).toEqual([]);
  });

  it('removes the draft of a killed process, and no other', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const parent = join(root, 'killed');
    const kept = ['other.partial-1', `model.partial-${process.ppid}`];
    for (const name of [`model.partial-${pid}`, ...kept]) mkdirSync(join(parent, name), { recursive: true });
    await writeModel(join(parent, 'model'), small);
    expect(readdirSync(parent).sort()).toEqual(['model', ...kept].sort());
  });

  it('does not touch a directory that holds files', async () => {
    const directory = join(root, 'held');
    mkdirSync(directory);
    writeFileSync(join(directory, 'notes.txt'), 'mine');
    await expect(writeModel(directory, small)).rejects.toThrow('already holds files (notes.txt, …)');
    expect(readdirSync(directory)).toEqual(['notes.txt']);
  });
});

describe('the published sizes', () => {
  it.each([
    ['3b', 824, 3_754_622_976, 2],
    ['7b', 729, 8_292_166_656, 4],
  ])(
    '%s has the tensors and numbers of the published checkpoint, in shards of at most 5 GB',
    (size, tensors, numbers, files) => {
      const shards = planShards(parameterShapes(parseQwenConfig(publishedConfig(size))), 5e9);
      const all = shards.flatMap((shard) => shard.tensors);
      expect(all.length).toBe(tensors);
      expect(all.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(2 * numbers);
      expect(shards.length).toBe(files);
      for (const shard of shards) {
        expect(shard.tensors.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(5e9);
      }
    },
  );
});

describe('npm run full-size', () => {
  const script = fileURLToPath(new URL('./full-size.mjs', import.meta.url));
  const run = (...words: string[]) => spawnSync(process.execPath, [script, ...words], { encoding: 'utf8' });

  it.each([
    [
      ['4b', 'x'],
      'found 4b x; expected a size (1b, 3b, 7b, qwen2-vl-2b, qwen3-vl-2b, qwen3-vl-4b) and a directory',
    ],
    [['3b'], 'found 3b; expected a size'],
    [['3b', 'x', '--seed', '1.5'], '--seed is 1.5; expected a whole number'],
    [['3b', 'x', '--sed', '1'], "Unknown option '--sed'"],
  ])('refuses %j with exit code 2', (words, message) => {
    const { status, stderr } = run(...words);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
    expect(existsSync('x')).toBe(false);
  });
});
