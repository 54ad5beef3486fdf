import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type AdamAttributes, adamNumbers, adamOperation } from '../kernels/adam.js';
import {
  type AttentionAttributes,
  attentionGradientOperation,
  attentionOperation,
  expectAttention,
} from '../kernels/attention.js';
import { expectAlike } from '../kernels/expect.js';
import type { Operation } from '../kernels/operation.js';
import {
  expectAngles,
  expectWeight,
  rmsNormGradientOperation,
  rmsNormOperation,
  rotaryOperation,
  softmaxGradientOperation,
  softmaxOperation,
  swiGluGradientOperation,
  swiGluOperation,
} from '../kernels/rows.js';
import { kernelsVersion, versionOperation } from '../native/compile-kernels.js';

import { registerDecoderToken } from './tensorflow-decoder-token.js';
import { type OperationBackend, register, runOperation } from './tensorflow-operations.js';
import { registerPackedKernels } from './tensorflow-packed.js';

// The kernels of native/, which `buildNative` compiles into tfjs-node's addon as TensorFlow operations.

type Inputs<Name extends string> = Readonly<Record<Name, TensorInfo>>;

/** Registers the kernels, if the addon has those of this version. @returns whether it has. */
export async function registerTensorFlowKernels(): Promise<boolean> {
  const backend = tf.backend() as unknown as OperationBackend;
  const version = versionOperation(await kernelsVersion());
  const run = <Input extends string, Number extends string>(
    operation: Operation<Input, Number>,
    inputs: Readonly<Record<Input, TensorInfo>>,
    numbers: Readonly<Record<Number, number>>,
  ) => runOperation(backend, operation, inputs, numbers);
  try {
    tf.dispose(backend.executeMultipleOutputs(version, [], [], 1)[0] as tf.Tensor);
  } catch {
    return false;
  }

  register('CppoRmsNorm', ({ inputs, attrs }) => {
    const { x, weight } = inputs as Inputs<'x' | 'weight'>;
    expectWeight(x, weight);
    return run(rmsNormOperation, { x, weight }, { epsilon: epsilonOf(attrs) })[0]!;
  });
  register('CppoRmsNormGradient', ({ inputs, attrs }) => {
    const { x, weight, dy } = inputs as Inputs<'x' | 'weight' | 'dy'>;
    expectWeight(x, weight);
    expectAlike('CppoRmsNormGradient', { x, dy });
    return run(rmsNormGradientOperation, { x, weight, dy }, { epsilon: epsilonOf(attrs) });
  });
  register('CppoSwiGlu', ({ inputs }) => {
    const { gate, up } = inputs as Inputs<'gate' | 'up'>;
    expectAlike('CppoSwiGlu', { gate, up });
    return run(swiGluOperation, { gate, up }, {})[0]!;
  });
  register('CppoSwiGluGradient', ({ inputs }) => {
    const { gate, up, dy } = inputs as Inputs<'gate' | 'up' | 'dy'>;
    expectAlike('CppoSwiGluGradient', { gate, up, dy });
    return run(swiGluGradientOperation, { gate, up, dy }, {});
  });
  register('CppoRotary', ({ inputs, attrs }) => {
    const { x, cos, sin } = inputs as Inputs<'x' | 'cos' | 'sin'>;
    const { inverse = false } = (attrs ?? {}) as unknown as { inverse?: boolean };
    expectAngles(x, cos, sin);
    return run(rotaryOperation, { x, cos, sin }, { sign: inverse ? -1 : 1 })[0]!;
  });
  register('CppoSoftmaxGradient', ({ inputs }) => {
    const { y, dy } = inputs as Inputs<'y' | 'dy'>;
    expectAlike('CppoSoftmaxGradient', { y, dy });
    return run(softmaxGradientOperation, { y, dy }, {})[0]!;
  });
  register('CppoAdam', ({ inputs, attrs }) => {
    const tensors = inputs as Inputs<'variable' | 'gradient' | 'first' | 'second'>;
    expectAlike('CppoAdam', tensors);
    return run(adamOperation, tensors, adamNumbers(attrs as unknown as AdamAttributes));
  });
  const attentionNumbers = ({ prefix, heads, keyValueHeads, causal }: AttentionAttributes) => ({
    ...{ prefix, heads, keyValueHeads, causal: causal ? 1 : 0 },
  });
  register('CppoAttention', ({ inputs, attrs }) => {
    const { q, k, v, runs } = inputs as Inputs<'q' | 'k' | 'v' | 'runs'>;
    const attributes = attrs as unknown as AttentionAttributes;
    expectAttention({ q, k, v, runs }, attributes);
    return run(attentionOperation, { q, k, v, runs }, attentionNumbers(attributes))[0]!;
  });
  register('CppoAttentionGradient', ({ inputs, attrs }) => {
    const { q, k, v, runs, dy } = inputs as Inputs<'q' | 'k' | 'v' | 'runs' | 'dy'>;
    const attributes = attrs as unknown as AttentionAttributes;
    expectAttention({ q, k, v, runs, dy }, attributes);
    return run(attentionGradientOperation, { q, k, v, runs, dy }, attentionNumbers(attributes));
  });
  registerDecoderToken(backend);
  registerPackedKernels(backend);
  replaceSoftmax((x) => run(softmaxOperation, { x }, {})[0]!);
  return true;
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
