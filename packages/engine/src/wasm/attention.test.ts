import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../engines/start-engine.js';
import { accelerateWasm, type WasmAcceleration } from './accelerate.js';

type Run = readonly [start: number, end: number, from: number, to: number];

interface Pattern {
  readonly prefix: number;
  /** Tokens of each sequence, and of its continuations. */
  readonly sequences: readonly { readonly length: number; readonly continuations: readonly number[] }[];
  readonly causal: boolean;
  readonly keyValueHeads: number;
  readonly repeats: number;
  readonly hd: number;
}

function runsOf({ prefix, sequences }: Pattern): Run[] {
  const runs: Run[] = prefix > 0 ? [[0, prefix, 0, 0]] : [];
  let row = prefix;
  let next = sequences.reduce((sum, { length }) => sum + length, prefix);
  for (const { length, continuations } of sequences) {
    runs.push([row, row + length, 0, 0]);
    for (const count of continuations) {
      runs.push([next, next + count, row, row + length]);
      next += count;
    }
    row += length;
  }
  return runs;
}

/** q, k, v and the gradient of the result. */
function operands(pattern: Pattern): tf.Tensor2D[] {
  const rows = Math.max(...runsOf(pattern).map(([, end]) => end));
  const { keyValueHeads: kv, repeats, hd } = pattern;
  return [kv * repeats * hd, kv * hd, kv * hd, kv * repeats * hd].map((width, i) =>
    tf.randomNormal([rows, width], 0, 1, 'float32', i + 1),
  );
}

function fused(pattern: Pattern, q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor {
  const { prefix, causal, keyValueHeads, repeats } = pattern;
  const runs = tf.tensor2d(runsOf(pattern) as unknown as number[][], undefined, 'int32');
  const attributes = { prefix, causal, heads: keyValueHeads * repeats, keyValueHeads };
  return tf.engine().runKernel('CppoAttention', { q, k, v, runs }, attributes) as tf.Tensor;
}

/** The same from plain operations, run by run and head by head. */
function plain(pattern: Pattern, q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor {
  const { prefix, causal, keyValueHeads: kv, repeats, hd } = pattern;
  const pieces = runsOf(pattern).flatMap(([start, end, from, to]) => {
    const seen = [
      [0, start < prefix ? 0 : prefix],
      [from, to],
      [start, end],
    ] as const;
    const rows = (x: tf.Tensor, head: number) =>
      tf.concat(
        seen.map(([first, last]) => tf.slice(x, [first, head * hd], [last - first, hd])),
        0,
      );
    const before = seen[0][1] + to - from;
    const mask = tf.tensor2d(
      Array.from({ length: end - start }, (_, row) =>
        Array.from({ length: before + end - start }, (_, key) => (causal && key > before + row ? -1e9 : 0)),
      ),
      [end - start, before + end - start],
    );
    if (end === start) return [];
    const heads = Array.from({ length: kv * repeats }, (_, head) => {
      const own = Math.floor(head / repeats);
      const query = tf.slice(q, [start, head * hd], [end - start, hd]);
      const scores = tf.mul(tf.matMul(query, rows(k, own), false, true), hd ** -0.5);
      return tf.matMul(tf.softmax(tf.add(scores, mask)), rows(v, own));
    });
    return [{ start, rows: tf.concat(heads, 1) }];
  });
  return tf.concat(
    pieces.sort((a, b) => a.start - b.start).map(({ rows }) => rows),
    0,
  );
}

/** The result, and the gradients of q, k and v. */
async function evaluate(of: typeof fused, pattern: Pattern, given: Float32Array[]): Promise<Float32Array[]> {
  const shapes = tf.tidy(() => operands(pattern).map(({ shape }) => shape));
  const tensors = tf.tidy(() => {
    const [q, k, v, dy] = given.map((values, i) => tf.tensor(values, shapes[i])) as tf.Tensor[];
    const y = of(pattern, q!, k!, v!);
    const gradient = tf.grads((q, k, v) => of(pattern, q!, k!, v!));
    return [y, ...gradient([q!, k!, v!], dy)];
  });
  const values = await Promise.all(tensors.map(async (x) => (await x.data()).slice() as Float32Array));
  tf.dispose(tensors);
  return values;
}

let wasm: WasmAcceleration;

beforeAll(async () => {
  await startEngine({ prefer: 'cpu' });
  await startEngine({ prefer: 'wasm', threads: 3 });
  wasm = await accelerateWasm();
});

const patterns: fc.Arbitrary<Pattern> = fc.record({
  prefix: fc.nat(9),
  sequences: fc.array(
    fc.record({
      length: fc.integer({ min: 1, max: 50 }),
      continuations: fc.array(fc.nat(40), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  causal: fc.boolean(),
  keyValueHeads: fc.integer({ min: 1, max: 3 }),
  repeats: fc.integer({ min: 1, max: 3 }),
  hd: fc.constantFrom(1, 2, 6, 8, 20, 24, 40),
});

describe('attention in one kernel', () => {
  test('gives what plain operations give, with its gradients, on one thread as on several', async () => {
    await fc.assert(
      fc.asyncProperty(patterns, async (pattern) => {
        await tf.setBackend('cpu');
        const given = tf.tidy(() => operands(pattern).map((x) => x.dataSync() as Float32Array));
        const expected = await evaluate(plain, pattern, given);
        await tf.setBackend('wasm');
        const before = tf.memory().numTensors;
        const found = await evaluate(fused, pattern, given);
        const alone = await wasm.onOneThread(() => evaluate(fused, pattern, given));
        expect(tf.memory().numTensors).toBe(before);
        expect(alone).toEqual(found);
        for (const [i, values] of found.entries()) {
          const reference = expected[i] as Float32Array;
          const scale = reference.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-3);
          const worst = values.reduce((most, x, at) => Math.max(most, Math.abs(x - reference[at]!)), 0);
          expect(worst / scale, `output ${i}`).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 25, seed: 1 },
    );
  });

  test('sees more keys than stay in a cache', async () => {
    const pattern: Pattern = {
      prefix: 0,
      sequences: [{ length: 700, continuations: [20] }],
      causal: true,
      keyValueHeads: 1,
      repeats: 2,
      hd: 32,
    };
    await tf.setBackend('cpu');
    const given = tf.tidy(() => operands(pattern).map((x) => x.dataSync() as Float32Array));
    const expected = await evaluate(plain, pattern, given);
    await tf.setBackend('wasm');
    const found = await evaluate(fused, pattern, given);
    for (const [i, values] of found.entries()) {
      const reference = expected[i] as Float32Array;
      const scale = reference.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-3);
      expect(Math.max(...values.map((x, at) => Math.abs(x - reference[at]!))) / scale).toBeLessThan(1e-5);
    }
  });

  test('refuses runs and shapes that do not fit', async () => {
    await tf.setBackend('wasm');
    const run = (runs: number[][], width = 4) =>
      tf.tidy(() => {
        const inputs = {
          q: tf.ones([3, width]),
          k: tf.ones([3, 4]),
          v: tf.ones([3, 4]),
          runs: tf.tensor2d(runs, undefined, 'int32'),
        };
        const attributes = { prefix: 0, causal: true, heads: 1, keyValueHeads: 1 };
        tf.engine().runKernel('CppoAttention', inputs, attributes);
      });
    expect(() => run([[0, 4, 0, 0]])).toThrow(
      'CppoAttention: run 0 is [0, 4, 0, 0]; expected ranges of the 3 rows.',
    );
    expect(() => run([[0, 3, 0, 0]], 5)).toThrow('CppoAttention: got q float32 [3,5], k float32 [3,4]');
  });
});
