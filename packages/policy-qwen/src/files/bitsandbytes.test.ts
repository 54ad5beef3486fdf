import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quantizedNames, readScales, widenNf4 } from './bitsandbytes.js';
import { readModelDirectory } from './index.js';

// Whole checkpoints of bitsandbytes are loaded in apps/trainer/test/narrow-weights.test.ts.

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bitsandbytes-'));
});
afterAll(() => rm(root, { recursive: true }));

const table = [
  ...[-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635],
  ...[-0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725],
  ...[0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941],
  ...[0.7229568362236023, 1.0],
];
const state = { quant_type: 'nf4', blocksize: 64, dtype: 'bfloat16', shape: [10, 13] };
const nested = { ...state, nested_blocksize: 2, nested_dtype: 'float32', nested_offset: 0.25 };

type Tensors = Record<string, [dtype: string, shape: number[], values: Uint8Array | Float32Array]>;

/** Three blocks of 64: scales 1, 2 and 3. */
const plain: Tensors = {
  'x.weight': ['U8', [65, 1], new Uint8Array(65)],
  'x.weight.absmax': ['F32', [3], Float32Array.of(1, 2, 3)],
  'x.weight.quant_map': ['F32', [16], Float32Array.from(table)],
};

function text(json: object): [string, number[], Uint8Array] {
  const bytes = new TextEncoder().encode(JSON.stringify(json));
  return ['U8', [bytes.length], bytes];
}

async function scales(tensors: Tensors, said: object = state): Promise<number[]> {
  const all = { ...tensors, 'x.weight.quant_state.bitsandbytes__nf4': text(said) };
  const header: Record<string, unknown> = {};
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const [name, [dtype, shape, values]] of Object.entries(all)) {
    const begin = end;
    end += values.byteLength;
    header[name] = { dtype, shape, data_offsets: [begin, end] };
    parts.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(json.length), true);
  await writeFile(join(root, 'model.safetensors'), Buffer.concat([length, json, ...parts]));
  for (const file of ['config.json', 'tokenizer.json', 'preprocessor_config.json'])
    await writeFile(join(root, file), '{}');
  return Array.from(await readScales(await readModelDirectory(root), 'x.weight', [10, 13]));
}

describe('scales of a weight that bitsandbytes quantised', () => {
  it('are its absmax', async () => {
    expect(await scales(plain)).toEqual([1, 2, 3]);
  });

  it('are quantised themselves where it says so', async () => {
    const map = Float32Array.from({ length: 256 }, (_, code) => code / 64);
    const doubly: Tensors = {
      ...plain,
      'x.weight.absmax': ['U8', [3], Uint8Array.of(64, 128, 32)],
      'x.weight.nested_absmax': ['F32', [2], Float32Array.of(0.5, 4)],
      'x.weight.nested_quant_map': ['F32', [256], map],
    };
    expect(await scales(doubly, nested)).toEqual([0.75, 1.25, 2.25]);
    await expect(scales(doubly)).rejects.toThrow('nested_blocksize is missing in the state of "x.weight"');
  });

  it('are refused where they are not those of nf4 in blocks of 64', async () => {
    await expect(scales(plain, { ...state, blocksize: 128 })).rejects.toThrow(
      /"blocksize" in .* is 128: .*64/,
    );
    await expect(scales(plain, { ...state, shape: [9, 13] })).rejects.toThrow('has the shape [9,13]');
    const { 'x.weight.absmax': _, ...without } = plain;
    await expect(scales(without)).rejects.toThrow('.absmax is missing of "x.weight"');
    const other: Tensors = { ...plain, 'x.weight.quant_map': ['F32', [16], new Float32Array(16)] };
    await expect(scales(other)).rejects.toThrow('quant_map is not the table of "x.weight"');
  });
});

it('tells quantised weights and what belongs to them from others', () => {
  const names = [
    'a.weight',
    'a.weight.absmax',
    'a.weight.quant_state.bitsandbytes__nf4',
    'b.weight',
    'b.absmax',
  ];
  const { weights, companions } = quantizedNames(names);
  expect([...weights]).toEqual(['a.weight']);
  expect([...companions]).toEqual(['a.weight.absmax', 'a.weight.quant_state.bitsandbytes__nf4']);
});

it('widens the upper half of a byte first', () => {
  const widened = widenNf4(Uint8Array.of(0x0f, 0x70), Float32Array.of(2), 3);
  expect([...widened]).toEqual([-2, 2, 0]);
});
