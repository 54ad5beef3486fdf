import * as tf from '@tensorflow/tfjs-core';

/** Numbers from which on an array is handed over at once. */
const LARGE = 2 ** 18;

interface StoredTensor {
  readonly shape: number[];
  readonly dtype: number;
  values: unknown;
  id: number;
}

/** The part of tfjs-node's backend that keeps tensors. */
interface StoringBackend {
  readonly binding: { createTensor(shape: number[], dtype: number, values: unknown): number };
  readonly tensorMap: { get(dataId: object): StoredTensor };
  write(values: tf.BackendValues | null, shape: number[], dtype: tf.DataType): object;
}

/**
 * Hands large arrays to TensorFlow when a tensor is made. tfjs-node waits until the first operation reads it, and keeps
 * the array until then; what is copied there is garbage that nothing collects, since the collector sees none of
 * TensorFlow's memory: weights would be held twice.
 */
export function handOverLargeArrays(): void {
  const backend = tf.backend() as unknown as StoringBackend;
  const stock = backend.write.bind(backend);
  backend.write = (values, shape, dtype) => {
    const dataId = stock(values, shape, dtype);
    const typed = values instanceof Float32Array || values instanceof Int32Array;
    if (typed && values.length >= LARGE) {
      const stored = backend.tensorMap.get(dataId);
      stored.id = backend.binding.createTensor(stored.shape, stored.dtype, stored.values);
      stored.values = null;
    }
    return dataId;
  };
}
