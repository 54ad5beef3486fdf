import * as tf from '@tensorflow/tfjs-core';
import { type StoredTensor, widenNf4 } from '../files/index.js';
import { packByRows } from './pack-by-rows.js';
import { type PackedAttributes, PackedWeight, packAgain } from './packed-weight.js';
import { type Storage, storeParameter } from './store-parameter.js';
import { variableShape } from './variables.js';
import type { Parameter } from './weight.js';

/** A kernel that maps bytes of a file into memory, which an engine may have. */
const MAP = 'CppoMapTensor';
/** Whether words hold finite bfloat16 numbers only, 1 or 0; there where `MAP` is. */
const ALL_FINITE = 'CppoAllFinite';

/** Reads a parameter into the form in which it is to be held, without holding it twice where its file has it so. */
export async function readParameter(
  name: string,
  tensor: StoredTensor,
  storage: Storage,
): Promise<Parameter> {
  const { format, rounded } = storage;
  const [rows, columns] = variableShape(name, tensor.shape) as [number, number];
  if (format === 'float32') {
    return storeParameter({ name, shape: tensor.shape, data: await tensor.numbers() }, storage);
  }
  // Rows of odd length are padded in words and not in the file.
  const attributes: PackedAttributes = { format, rows, columns };
  if (tensor.dtype !== 'BF16' || columns % 2 === 1) {
    return new PackedWeight(await packByRows(tensor, attributes), attributes, rounded);
  }
  const words = await readWords(tensor, [rows, columns / 2]);
  if (format === 'bfloat16') return new PackedWeight({ words }, attributes, rounded);
  try {
    return new PackedWeight(packAgain(words, attributes), attributes, rounded);
  } finally {
    words.dispose();
  }
}

/**
 * Reads a matrix that is nf4 in its file, and rounds nothing again unless another format is requested.
 *
 * @param shape as published.
 * @param tensor its codes.
 * @param scales one for each 64 numbers.
 */
export async function readQuantized(
  { name, shape }: { readonly name: string; readonly shape: readonly number[] },
  tensor: StoredTensor,
  scales: Float32Array,
  storage: Storage,
): Promise<Parameter> {
  const { format, rounded } = storage;
  const [rows, columns] = variableShape(name, shape) as [number, number];
  const numbers = rows * columns;
  if (format !== 'nf4') {
    return storeParameter({ name, shape, data: widenNf4(await tensor.bytes(), scales, numbers) }, storage);
  }
  const words = await readWords(tensor, [Math.ceil(numbers / 8)]);
  return new PackedWeight({ words, scales: tf.tensor1d(scales) }, { format, rows, columns }, rounded);
}

/** The bytes of a tensor as int32, mapped where the engine can; zeros follow where they end within a number. */
async function readWords(tensor: StoredTensor, shape: number[]): Promise<tf.Tensor> {
  const { path, begin, end } = tensor;
  const size = tf.util.sizeFromShape(shape);
  if (path !== undefined && end - begin === 4 * size && tf.getKernel(MAP, tf.getBackend())) {
    const attributes = { file: path, begin, shape, dtype: 'int32' };
    const words = tf.engine().runKernel(MAP, {}, attributes) as tf.Tensor;
    if (tensor.dtype !== 'BF16' || isAllFinite(words)) return words;
    // Reading says which number is not finite.
    words.dispose();
  }
  const words = new Int32Array(size);
  await tensor.bytes(new Uint8Array(words.buffer, 0, end - begin));
  return tf.tensor(words, shape, 'int32');
}

function isAllFinite(words: tf.Tensor): boolean {
  const found = tf.engine().runKernel(ALL_FINITE, { words }) as tf.Tensor;
  try {
    return found.dataSync()[0] === 1;
  } finally {
    found.dispose();
  }
}
