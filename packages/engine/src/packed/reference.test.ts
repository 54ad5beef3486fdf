import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { startEngine } from '../engines/start-engine.js';
import { nf4Values, type PackedFormat } from '../kernels/packed-weight.js';
import { bfloat16Bits, toBfloat16 } from './pack.js';

// With matrices whose rows end within words and within blocks. bitsandbytes and torch are the reference in
// apps/trainer/test/narrow-weights.test.ts.

const [rows, columns] = [7, 37];
const numbers = (count: number, seed: number) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(seed + 1.3 * i) * (1 + (i % 5)));
const matrix = numbers(rows * columns, 1);
const formats: PackedFormat[] = ['bfloat16', 'int8', 'nf4'];

beforeAll(async () => {
  await startEngine({ prefer: 'cpu' });
});

function kernel(name: string, inputs: tf.NamedTensorMap, attributes: object): tf.Tensor[] {
  const found = tf.engine().runKernel(name, inputs, { rows, columns, ...attributes });
  return Array.isArray(found) ? found : [found];
}

function packed(format: PackedFormat, values = matrix): tf.NamedTensorMap {
  const x = tf.tensor2d(values, [rows, columns]);
  const [words, scales] = kernel('CppoPack', { x }, { from: 'float32', format }) as [tf.Tensor, tf.Tensor?];
  return { words, ...(scales && { scales }) };
}

function widened(format: PackedFormat, weight: tf.NamedTensorMap): Float32Array {
  const ids = tf.range(0, rows, 1, 'int32');
  return kernel('CppoPackedRows', { ids, ...weight }, { format })[0]!.dataSync<'float32'>();
}

describe('packing', () => {
  it('rounds to bfloat16 as it is defined', () => {
    // 1 + 2⁻⁸ and 1 + 3·2⁻⁸ lie in the middle: to the even neighbour.
    expect(
      [1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -20, -0, 3e38, Number.NaN].map(bfloat16Bits),
    ).toEqual([0x3f80, 0x3f82, 0x3f81, 0x8000, 0x7f62, 0x7fc0]);
    expect(bfloat16Bits(3.4e38)).toBe(0x7f80);
    const found = widened('bfloat16', packed('bfloat16'));
    expect([...found]).toEqual([...matrix].map(toBfloat16));
  });

  it('rounds to whole parts of the largest number of a row in int8', () => {
    const values = matrix.slice();
    values.fill(0, columns, 2 * columns);
    // 127 parts of 1 each: a half goes to the even neighbour.
    values.set([127, 0.5, 1.5, -2.5, -3.5]);
    values.fill(0, 5, columns);
    const weight = packed('int8', values);
    const found = widened('int8', weight);
    expect([...found.subarray(0, 5)]).toEqual([127, 0, 2, -2, -4]);
    expect([...found.subarray(columns, 2 * columns)]).toEqual(new Array(columns).fill(0));
    expect(weight.scales!.dataSync()[1]).toBe(0);
    for (let i = 2 * columns; i < values.length; i++) {
      const scale = weight.scales!.dataSync()[Math.floor(i / columns)]!;
      expect(Math.abs(found[i]! - values[i]!)).toBeLessThanOrEqual(scale / 2 + 1e-6);
    }
  });

  it('takes the nearest code of nf4', () => {
    const found = widened('nf4', packed('nf4'));
    matrix.forEach((value, i) => {
      const block = matrix.slice(64 * Math.floor(i / 64), 64 * Math.floor(i / 64) + 64);
      const absmax = Math.max(...block.map(Math.abs));
      const nearest = Math.min(...nf4Values.map((code) => Math.abs(value - code * absmax)));
      expect(Math.abs(Math.abs(value - found[i]!) - nearest)).toBeLessThan(1e-6);
    });
  });

  it('gives the same from bfloat16 as from the numbers that it stands for', () => {
    const { words } = packed('bfloat16') as { words: tf.Tensor };
    const rounded = matrix.map(toBfloat16);
    for (const format of formats) {
      const again = kernel('CppoPack', { words }, { from: 'bfloat16', format });
      const direct = Object.values(packed(format, rounded));
      again.forEach((tensor, i) => {
        expect([...tensor.dataSync()]).toEqual([...direct[i]!.dataSync()]);
      });
    }
  });
});

describe.each(formats)('products with %s', (format) => {
  const count = 3;
  const x = numbers(count * columns, 2);
  const dy = numbers(count * rows, 3);
  const bias = numbers(rows, 4);

  it.each([false, true])('are those with the widened weight, rounded %s', (rounded) => {
    const weight = packed(format);
    const dense = widened(format, weight);
    const round = rounded ? toBfloat16 : (value: number) => value;
    // With int8 the whole numbers are multiplied, and their scale comes after, or is in dy before it is rounded.
    const scales = format === 'int8' ? weight.scales!.dataSync() : new Float32Array(rows).fill(1);
    const w = (row: number, column: number) =>
      round(dense[row * columns + column]! / (scales[row] as number));
    const inputs = { x: tf.tensor2d(x, [count, columns]), bias: tf.tensor1d(bias), ...weight };
    const y = kernel('CppoPackedProduct', inputs, { format, rounded })[0]!.dataSync();
    const upstream = { dy: tf.tensor2d(dy, [count, rows]), ...weight };
    const dx = kernel('CppoPackedInputGradient', upstream, { format, rounded })[0]!.dataSync();
    for (let n = 0; n < count; n++) {
      for (let row = 0; row < rows; row++) {
        let sum = 0;
        for (let c = 0; c < columns; c++) sum += round(x[n * columns + c]!) * w(row, c);
        expect(y[n * rows + row]).toBeCloseTo(sum * (scales[row] as number) + bias[row]!, 3);
      }
      for (let c = 0; c < columns; c++) {
        let sum = 0;
        for (let row = 0; row < rows; row++)
          sum += round(dy[n * rows + row]! * (scales[row] as number)) * w(row, c);
        expect(dx[n * columns + c]).toBeCloseTo(sum, 3);
      }
    }
  });
});

it('names what does not fit', () => {
  const weight = packed('int8');
  const x = tf.zeros([2, columns - 1]);
  expect(() => kernel('CppoPackedProduct', { x, ...weight }, { format: 'int8' })).toThrow(
    'CppoPackedProduct: got x float32 [2,36]; expected float32 [2,37].',
  );
  const ids = tf.tensor1d([rows], 'int32');
  expect(() => kernel('CppoPackedRows', { ids, ...weight }, { format: 'int8' })).toThrow(
    'CppoPackedRows: got row 7; expected 0 to 6.',
  );
});
