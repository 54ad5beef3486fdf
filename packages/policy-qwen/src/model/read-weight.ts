import * as tf from '@tensorflow/tfjs-core';
import type { StoredTensor } from '../files/index.js';
import { type PackedAttributes, PackedWeight, packAgain } from './packed-weight.js';
import { type Storage, storeParameter } from './store-parameter.js';
import { variableShape } from './variables.js';
import type { Parameter } from './weight.js';

/** A kernel that maps bytes of a file into memory, which an engine may have. */
const MAP = 'CppoMapTensor';

/** Reads a parameter into the form in which it is to be held, without holding it twice where its file has it so. */
export async function readParameter(
  name: string,
  tensor: StoredTensor,
  storage: Storage,
): Promise<Parameter> {
  const { format, rounded } = storage;
  const [rows, columns] = variableShape(name, tensor.shape) as [number, number];
  // Rows of odd length are padded in words and not in the file.
  if (format === 'float32' || tensor.dtype !== 'BF16' || columns % 2 === 1) {
    return storeParameter({ name, shape: tensor.shape, data: await tensor.numbers() }, storage);
  }
  const words = await readWords(tensor, [rows, columns / 2]);
  const attributes: PackedAttributes = { format, rows, columns };
  if (format === 'bfloat16') return new PackedWeight({ words }, attributes, rounded);
  try {
    return new PackedWeight(packAgain(words, attributes), attributes, rounded);
  } finally {
    words.dispose();
  }
}

/** The bytes of a tensor as int32, mapped where the engine can. */
async function readWords(tensor: StoredTensor, shape: number[]): Promise<tf.Tensor> {
  const { path, begin } = tensor;
  if (tf.getKernel(MAP, tf.getBackend())) {
    return tf.engine().runKernel(MAP, {}, { file: path, begin, shape, dtype: 'int32' }) as tf.Tensor;
  }
  const words = new Int32Array(tf.util.sizeFromShape(shape));
  await tensor.bytes(new Uint8Array(words.buffer));
  return tf.tensor(words, shape, 'int32');
}
