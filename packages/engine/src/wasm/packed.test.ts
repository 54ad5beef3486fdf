import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runConformance } from '../conformance/run-conformance.js';
import { startEngine } from '../engines/start-engine.js';
import { type PackedFormat, packedShapes } from '../kernels/packed-weight.js';
import { accelerateWasm, type WasmAcceleration } from './accelerate.js';
import type { BackendWasm } from './kernel-module.js';

// What the kernels compute is compared with float64 in the conformance suite.

const GIBIBYTE = 2 ** 30;

let engine: WasmAcceleration;

beforeAll(async () => {
  await startEngine({ prefer: 'wasm', threads: 3 });
  engine = await accelerateWasm();
});

const formats: readonly PackedFormat[] = ['bfloat16', 'int8', 'nf4'];

function run(kernel: string, inputs: tf.NamedTensorMap, attributes: object): tf.Tensor[] {
  return [tf.engine().runKernel(kernel, inputs, attributes as tf.NamedAttrMap)].flat() as tf.Tensor[];
}

function packed(x: tf.Tensor, format: PackedFormat): tf.NamedTensorMap {
  const [rows, columns] = x.shape;
  const [words, scales] = run('CppoPack', { x }, { from: 'float32', format, rows, columns });
  return { words: words!, ...(scales && { scales }) };
}

describe.each(formats)('a weight in %s', (format) => {
  it('is as large as its format says', () => {
    tf.tidy(() => {
      const [rows, columns] = [37, 101];
      const { words, scales } = packed(tf.randomNormal([rows, columns]), format);
      const shapes = packedShapes({ format, rows, columns });
      expect(words!.shape).toEqual(shapes.words);
      expect(words!.dtype).toBe('int32');
      expect(scales?.shape).toEqual(shapes.scales);
    });
  });

  it('is the same on one thread and on several, and nothing is left of its products', () => {
    tf.tidy(() => {
      const [rows, columns] = [700, 900];
      const w = tf.randomNormal([rows, columns], 0, 1, 'float32', 1);
      const x = tf.randomNormal([70, columns], 0, 1, 'float32', 2);
      const dy = tf.randomNormal([70, rows], 0, 1, 'float32', 3);
      const few = tf.randomNormal([5, columns], 0, 1, 'float32', 4);
      const weight = packed(w, format);
      const alone = engine.onOneThread(() => packed(w, format));
      const attributes = { format, rows, columns, rounded: true };
      const ids = tf.range(0, rows, 1, 'int32');
      const all = (weight: tf.NamedTensorMap) => [
        ...run('CppoPackedProduct', { x, ...weight }, attributes),
        ...run('CppoPackedProduct', { x: few, ...weight }, attributes),
        ...run('CppoPackedInputGradient', { dy, ...weight }, attributes),
        ...run('CppoPackedRows', { ids, ...weight }, { format, rows, columns }),
      ];
      const backend = tf.backend() as unknown as BackendWasm;
      const before = backend.numDataIds();
      const results = all(weight);
      expect(backend.numDataIds() - before).toBe(results.length);
      const expected = engine.onOneThread(() => all(alone));
      results.forEach((x, i) => {
        const difference = tf.max(tf.abs(tf.sub(x, expected[i]!))).dataSync()[0]!;
        expect(difference).toBeLessThan(1e-3);
      });
      // Both packed the same, and widen to it.
      const dense = run('CppoPackedRows', { ids, ...alone }, { format, rows, columns })[0]!;
      expect(tf.max(tf.abs(tf.sub(results[3]!, dense))).dataSync()[0]).toBe(0);
    });
  });

  it('of nothing gives zeros or nothing', () => {
    tf.tidy(() => {
      const attributes = { format, rows: 3, columns: 5, rounded: false };
      const weight = packed(tf.ones([3, 5]), format);
      expect(run('CppoPackedProduct', { x: tf.zeros([0, 5]), ...weight }, attributes)[0]!.shape).toEqual([
        0, 3,
      ]);
      const ids = tf.tensor1d([], 'int32');
      expect(run('CppoPackedRows', { ids, ...weight }, attributes)[0]!.shape).toEqual([0, 5]);
      const none = packed(tf.zeros([3, 0]), format);
      const sums = run('CppoPackedProduct', { x: tf.ones([2, 0]), ...none }, { ...attributes, columns: 0 });
      expect([...sums[0]!.dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
    });
  });
});

describe('what does not fit', () => {
  const attributes = { format: 'int8', rows: 3, columns: 5, rounded: false };
  const weight = () => packed(tf.ones([3, 5]), 'int8');
  const refused = (kernel: string, inputs: () => tf.NamedTensorMap, more: object = {}) => {
    let message = '';
    tf.tidy(() => {
      try {
        run(kernel, inputs(), { ...attributes, ...more });
      } catch (error) {
        message = (error as Error).message;
      }
    });
    return message;
  };

  it.each<[string, string, () => tf.NamedTensorMap, object?]>([
    [
      'CppoPackedProduct: got x float32 [2,4]; expected float32 [2,5].',
      'CppoPackedProduct',
      () => ({ x: tf.ones([2, 4]), ...weight() }),
    ],
    [
      'CppoPackedProduct: got bias float32 [2]; expected float32 [3].',
      'CppoPackedProduct',
      () => ({ x: tf.ones([2, 5]), bias: tf.ones([2]), ...weight() }),
    ],
    [
      'CppoPackedProduct: got int32 [3,2] for words of a bfloat16 weight [3, 5]; expected int32 [3,3].',
      'CppoPackedProduct',
      () => ({ x: tf.ones([2, 5]), ...weight() }),
      { format: 'bfloat16' },
    ],
    [
      'CppoPackedInputGradient: got dy float32 [2,5]; expected float32 [2,3].',
      'CppoPackedInputGradient',
      () => ({ dy: tf.ones([2, 5]), ...weight() }),
    ],
    [
      'CppoPackedRows: got row 3; expected 0 to 2.',
      'CppoPackedRows',
      () => ({ ids: tf.tensor1d([0, 3], 'int32'), ...weight() }),
    ],
    [
      'CppoPackedRows: got row -1; expected 0 to 2.',
      'CppoPackedRows',
      () => ({ ids: tf.tensor1d([-1], 'int32'), ...weight() }),
    ],
    [
      'CppoPack: got x float32 [3,4]; expected float32 [3,5].',
      'CppoPack',
      () => ({ x: tf.ones([3, 4]) }),
      { from: 'float32' },
    ],
    [
      'CppoPack: got the format int4; expected bfloat16, int8 or nf4.',
      'CppoPack',
      () => ({ x: tf.ones([3, 5]) }),
      { from: 'float32', format: 'int4' },
    ],
    [
      'CppoPack: got a matrix in int8; expected float32 or bfloat16.',
      'CppoPack',
      () => ({ x: tf.ones([3, 5]) }),
      { from: 'int8', format: 'nf4' },
    ],
  ])('%s', (message, kernel, inputs, more) => {
    expect(refused(kernel, inputs, more)).toBe(message);
  });
});

describe('beyond two gibibytes', () => {
  const made: tf.TensorInfo[] = [];
  afterEach(() => {
    for (const { dataId } of made.splice(0)) tf.backend().disposeData(dataId);
  });

  it('all kernels work', async () => {
    const backend = tf.backend() as unknown as BackendWasm;
    const take = (bytes: number) => {
      const taken = backend.makeOutput([bytes / 4], 'float32');
      made.push(taken);
      return backend.dataIdMap.get(taken.dataId).memoryOffset;
    };
    // Memory that nobody touches, so that the machine need not have it; then all that is still free before it.
    for (let i = 0; i < 4; i++) take(GIBIBYTE / 2);
    for (let bytes = 2 ** 24; bytes >= 16; bytes /= 2) while (take(bytes) < 2 * GIBIBYTE);
    const high = tf.zeros([4]);
    expect(backend.dataIdMap.get(high.dataId).memoryOffset).toBeGreaterThan(2 * GIBIBYTE);
    high.dispose();
    const results = await runConformance();
    expect(results.filter(({ state }) => state !== 'passed')).toEqual([]);
  }, 60_000);
});
