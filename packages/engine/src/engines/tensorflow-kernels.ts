import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { AdamAttributes } from '../adam-attributes.js';
import { adamNumbers, expectAlike, expectAngles, expectWeight } from '../fused-inputs.js';
import { decoderStepOperands } from './tensorflow-decoder-step.js';

// The kernels of native/, which `buildNative` compiles into tfjs-node's addon as TensorFlow operations.

/** The part of tfjs-node's backend that runs operations. */
interface OperationBackend {
  executeMultipleOutputs(
    name: string,
    attributes: readonly object[],
    inputs: readonly TensorInfo[],
    outputs: number,
  ): TensorInfo[];
  write(values: Float32Array, shape: number[], dtype: 'float32'): object;
  disposeData(dataId: object): boolean;
}

type Inputs = Record<string, TensorInfo>;

/** Registers the kernels, if the addon has them. @returns whether it has. */
export function registerTensorFlowKernels(): boolean {
  const backend = tf.backend() as unknown as OperationBackend;
  const run = (name: string, inputs: readonly TensorInfo[], outputs: number) =>
    backend.executeMultipleOutputs(name, [], inputs, outputs);
  /** With numbers as the last input. */
  const runWith = (
    name: string,
    numbers: readonly number[],
    inputs: readonly TensorInfo[],
    outputs: number,
  ) => {
    const shape = numbers.length === 1 ? [] : [numbers.length];
    const dataId = backend.write(Float32Array.from(numbers), shape, 'float32');
    try {
      return run(name, [...inputs, { dataId, shape, dtype: 'float32' }], outputs);
    } finally {
      backend.disposeData(dataId);
    }
  };
  if (!has(run)) return false;

  register('CppoRmsNorm', ({ inputs, attrs }) => {
    const { x, weight } = inputs as Inputs;
    expectWeight(x!, weight!);
    return runWith('CppoRmsNorm', [epsilonOf(attrs)], [x!, weight!], 1)[0]!;
  });
  register('CppoRmsNormGradient', ({ inputs, attrs }) => {
    const { x, weight, dy } = inputs as Inputs;
    expectWeight(x!, weight!);
    expectAlike('CppoRmsNormGradient', { x: x!, dy: dy! });
    return runWith('CppoRmsNormGradient', [epsilonOf(attrs)], [x!, weight!, dy!], 2);
  });
  register('CppoSwiGlu', ({ inputs }) => {
    const { gate, up } = inputs as Inputs;
    expectAlike('CppoSwiGlu', { gate: gate!, up: up! });
    return run('CppoSwiGlu', [gate!, up!], 1)[0]!;
  });
  register('CppoSwiGluGradient', ({ inputs }) => {
    const { gate, up, dy } = inputs as Inputs;
    expectAlike('CppoSwiGluGradient', { gate: gate!, up: up!, dy: dy! });
    return run('CppoSwiGluGradient', [gate!, up!, dy!], 2);
  });
  register('CppoRotary', ({ inputs, attrs }) => {
    const { x, cos, sin } = inputs as Inputs;
    const { inverse = false } = (attrs ?? {}) as unknown as { inverse?: boolean };
    expectAngles(x!, cos!, sin!);
    return runWith('CppoRotary', [inverse ? -1 : 1], [x!, cos!, sin!], 1)[0]!;
  });
  register('CppoSoftmaxGradient', ({ inputs }) => {
    const { y, dy } = inputs as Inputs;
    expectAlike('CppoSoftmaxGradient', { y: y!, dy: dy! });
    return run('CppoSoftmaxGradient', [y!, dy!], 1)[0]!;
  });
  register('CppoAdam', ({ inputs, attrs }) => {
    const { variable, gradient, first, second } = inputs as Inputs;
    expectAlike('CppoAdam', inputs as Inputs);
    const operands = [variable!, gradient!, first!, second!];
    return runWith('CppoAdam', adamNumbers(attrs as unknown as AdamAttributes), operands, 3);
  });
  register('CppoDecoderStep', ({ inputs, attrs }) => {
    const operands = decoderStepOperands(inputs as Inputs);
    return runWith('CppoDecoderStep', [epsilonOf(attrs)], operands, 3);
  });
  replaceSoftmax((logits) => run('CppoSoftmax', [logits], 1)[0]!);
  return true;
}

function register(kernelName: string, kernelFunc: KernelFunc): void {
  tf.registerKernel({ kernelName, backendName: 'tensorflow', kernelFunc });
}

function epsilonOf(attributes: tf.NamedAttrMap | undefined): number {
  return (attributes as unknown as { epsilon: number }).epsilon;
}

function replaceSoftmax(ours: (logits: TensorInfo) => TensorInfo): void {
  const stock = tf.getKernel(tf.Softmax, 'tensorflow');
  tf.unregisterKernel(tf.Softmax, 'tensorflow');
  tf.registerKernel({
    ...stock,
    kernelFunc: (call) => {
      const { logits } = call.inputs as { logits: TensorInfo };
      return logits.dtype === 'float32' ? ours(logits) : stock.kernelFunc(call);
    },
  });
}

/** The addon of tfjs-node's own install, and one that was compiled without them, lack the operations. */
function has(run: (name: string, inputs: readonly TensorInfo[], outputs: number) => TensorInfo[]): boolean {
  const one = tf.ones([1]);
  try {
    const [y] = run('CppoSwiGlu', [one, one], 1);
    tf.dispose(y as tf.Tensor);
    return true;
  } catch {
    return false;
  } finally {
    one.dispose();
  }
}
