import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Operation } from '../kernels/operation.js';

/** The part of tfjs-node's backend that runs operations. */
export interface OperationBackend {
  readonly binding: Record<
    'TF_ATTR_INT' | 'TF_ATTR_STRING' | 'TF_ATTR_TYPE' | 'TF_FLOAT' | 'TF_INT32',
    number
  >;
  executeMultipleOutputs(
    name: string,
    attributes: readonly object[],
    inputs: readonly TensorInfo[],
    outputs: number,
  ): TensorInfo[];
  write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object;
  disposeData(dataId: object): boolean;
}

/** Calls `use` with numbers as an input: no attributes, since TensorFlow keeps a kernel for each value of one. */
export function withNumbers<T>(
  backend: OperationBackend,
  numbers: readonly number[],
  use: (input: TensorInfo) => T,
  dtype: 'float32' | 'int32' = 'float32',
): T {
  const shape = dtype === 'float32' && numbers.length === 1 ? [] : [numbers.length];
  const values = dtype === 'float32' ? Float32Array.from(numbers) : Int32Array.from(numbers);
  const dataId = backend.write(values, shape, dtype);
  try {
    return use({ dataId, shape, dtype });
  } finally {
    backend.disposeData(dataId);
  }
}

export function register(kernelName: string, kernelFunc: KernelFunc): void {
  tf.registerKernel({ kernelName, backendName: 'tensorflow', kernelFunc });
}

/**
 * Runs an operation with its inputs and numbers by name, in the order of its description.
 *
 * @param inputs one that is undefined enters as an empty tensor.
 */
export function runOperation<Input extends string, Number extends string>(
  backend: OperationBackend,
  operation: Operation<Input, Number>,
  inputs: Readonly<Record<Input, TensorInfo | undefined>>,
  numbers: Readonly<Record<Number, number>>,
): TensorInfo[] {
  const outputs = Object.keys(operation.outputs).length;
  const names = Object.keys(operation.inputs) as Input[];
  const run = (tensors: readonly TensorInfo[]) =>
    backend.executeMultipleOutputs(operation.name, [], tensors, outputs);
  const withInputs = (taken: readonly TensorInfo[]): TensorInfo[] => {
    const name = names[taken.length];
    if (name === undefined) {
      if (operation.numbers.length === 0) return run(taken);
      const values = operation.numbers.map((number) => numbers[number]);
      return withNumbers(backend, values, (last) => run([...taken, last]));
    }
    const tensor = inputs[name];
    if (tensor) return withInputs([...taken, tensor]);
    const dtype = operation.inputs[name] === 'int32' ? 'int32' : 'float32';
    return withNumbers(backend, [], (nothing) => withInputs([...taken, nothing]), dtype);
  };
  return withInputs([]);
}
