import * as tf from '@tensorflow/tfjs-core';
import type { AdamAttributes } from '../adam-attributes.js';
import { adam, adamInputs, adamNumbers, adamOutputs } from './adam.js';
import {
  type DecoderStepSizes,
  decoderStep,
  decoderStepInputs,
  decoderStepOutputs,
  LARGE_WEIGHT,
} from './decoder-step.js';
import { loadGraph } from './load-graph.js';

/**
 * Registers kernels that are a whole graph each, for TensorFlow on the processor. Not for CUDA: what goes into a graph and
 * what comes out of it passes through the processor's memory.
 */
export function registerGraphKernels(): void {
  const loaded = new Map<string, ReturnType<typeof loadGraph>>();
  tf.registerKernel({
    kernelName: 'CppoDecoderStep',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs }) => {
      const sizes = attrs as unknown as DecoderStepSizes;
      const large = tf.util.sizeFromShape(inputs.gate!.shape) >= LARGE_WEIGHT;
      const key = JSON.stringify([sizes, large]);
      const run =
        loaded.get(key) ?? loadGraph(decoderStep(sizes, large), decoderStepInputs, decoderStepOutputs);
      loaded.set(key, run);
      return run(decoderStepInputs.map((name) => inputs[name]!));
    },
  });
  let runAdam: ReturnType<typeof loadGraph> | undefined;
  tf.registerKernel({
    kernelName: 'CppoAdam',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs }) => {
      runAdam ??= loadGraph(adam(), adamInputs, adamOutputs);
      const numbers = tf.tensor1d(adamNumbers(attrs as unknown as AdamAttributes));
      const { variable, gradient, first, second } = inputs as Record<string, tf.TensorInfo>;
      return runAdam([variable!, gradient!, first!, second!, numbers]);
    },
  });
}
