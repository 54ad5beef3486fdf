import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { AdamAttributes } from '../adam-attributes.js';
import { type AttentionAttributes, expectAttention } from '../attention-inputs.js';
import { adamNumbers, expectAlike, expectAngles, expectWeight } from '../fused-inputs.js';
import { kernelsVersion, versionOperation } from '../native/compile-kernels.js';

import { registerDecoderToken } from './tensorflow-decoder-token.js';
import { type OperationBackend, register, withNumbers } from './tensorflow-operations.js';
import { registerPackedKernels } from './tensorflow-packed.js';

// The kernels of native/, which `buildNative` compiles into tfjs-node's addon as TensorFlow operations.

type Inputs = Record<string, TensorInfo>;
type AttentionInputs = Record<'q' | 'k' | 'v' | 'runs', TensorInfo>;

/** Registers the kernels, if the addon has those of this version. @returns whether it has. */
export async function registerTensorFlowKernels(): Promise<boolean> {
  const backend = tf.backend() as unknown as OperationBackend;
  const version = versionOperation(await kernelsVersion());
  const run = (
    name: string,
    inputs: readonly TensorInfo[],
    outputs: number,
    attributes: readonly object[] = [],
  ) => backend.executeMultipleOutputs(name, attributes, inputs, outputs);
  /** With numbers as the last input. */
  const runWith = (
    name: string,
    numbers: readonly number[],
    inputs: readonly TensorInfo[],
    outputs: number,
  ) => withNumbers(backend, numbers, (input) => run(name, [...inputs, input], outputs));
  try {
    tf.dispose(run(version, [], 1)[0] as tf.Tensor);
  } catch {
    return false;
  }

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
  const attentionNumbers = (attrs: tf.NamedAttrMap | undefined) => {
    const { prefix, heads, keyValueHeads, causal } = attrs as unknown as AttentionAttributes;
    return [prefix, heads, keyValueHeads, causal ? 1 : 0];
  };
  register('CppoAttention', ({ inputs, attrs }) => {
    const { q, k, v, runs } = inputs as AttentionInputs;
    expectAttention({ q, k, v, runs }, attrs as unknown as AttentionAttributes);
    return runWith('CppoAttention', attentionNumbers(attrs), [q, k, v, runs], 1)[0]!;
  });
  register('CppoAttentionGradient', ({ inputs, attrs }) => {
    const { q, k, v, runs, dy } = inputs as AttentionInputs & { dy: TensorInfo };
    expectAttention({ q, k, v, runs, dy }, attrs as unknown as AttentionAttributes);
    return withNumbers(backend, attentionNumbers(attrs), (numbers) =>
      run('CppoAttentionGradient', [q, k, v, runs, numbers, dy], 3),
    );
  });
  registerDecoderToken(backend);
  registerPackedKernels(backend);
  replaceSoftmax((logits) => run('CppoSoftmax', [logits], 1)[0]!);
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
