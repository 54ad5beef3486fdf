import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packByRows } from './pack-by-rows.js';

// A kernel that stores numbers as they are, and for each row its first one as a scale: what stands where is easily said.
beforeAll(async () => {
  await tf.setBackend('cpu');
  tf.registerKernel({
    kernelName: 'CppoPack',
    backendName: 'cpu',
    kernelFunc: ({ inputs }) => {
      const x = inputs.x as tf.Tensor2D;
      return [tf.cast(x, 'int32'), tf.tensor1d(x.arraySync().map((row) => row[0] as number))];
    },
  });
});
afterAll(() => tf.unregisterKernel('CppoPack', 'cpu'));

it('gives what packing all rows at once would, and reads each number once', async () => {
  const [rows, columns] = [200, 3];
  const all = Float32Array.from({ length: rows * columns }, (_, i) => i);
  const asked: (number | undefined)[][] = [];
  const numbers = async (from?: number, to?: number) => {
    asked.push([from, to]);
    return all.slice(from, to);
  };
  const before = tf.memory().numTensors;
  const { words, scales } = await packByRows({ numbers }, { format: 'int8', rows, columns }, 128 * columns);
  expect(asked).toEqual([
    [0, 128 * columns],
    [128 * columns, rows * columns],
  ]);
  expect(words.shape).toEqual([rows, columns]);
  expect(words.dataSync()).toEqual(Int32Array.from(all));
  expect(scales?.dataSync()).toEqual(Float32Array.from({ length: rows }, (_, row) => columns * row));
  tf.dispose([words, scales as tf.Tensor]);
  expect(tf.memory().numTensors).toBe(before);
});
