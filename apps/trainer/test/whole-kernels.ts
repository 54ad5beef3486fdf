import { fileURLToPath } from 'node:url';
import { drawSamples } from '@cppo/bench';
import { EngineUnavailableError, startEngine } from '@cppo/engine';
import { decodeImage } from '@cppo/perturb';
import type { EncodedPrompt, QwenPolicy } from '@cppo/policy-qwen';
import * as tf from '@tensorflow/tfjs-core';
import type { TestContext } from 'vitest';

/** Engines that may have kernels for whole parts of a model. */
export const engines = ['wasm', 'tensorflow'] as const;

export const tiny = fileURLToPath(new URL('../models/tiny', import.meta.url));

/** Starts an engine and skips the test where native TensorFlow, or its kernel, is not there. @returns the kernel. */
export async function startWith(
  engine: (typeof engines)[number] | 'cpu',
  kernel: string,
  context: TestContext,
): Promise<tf.KernelConfig> {
  try {
    await startEngine({ prefer: engine });
  } catch (problem) {
    if (problem instanceof EngineUnavailableError) context.skip(problem.message);
    throw problem;
  }
  const registered = tf.getKernel(kernel, engine);
  // TensorFlow's addon may have been built elsewhere; wasm brings its kernels along.
  if (!registered && engine === 'tensorflow') context.skip(`${engine} has no ${kernel}`);
  if (!registered) throw new Error(`${engine} has no ${kernel}.`);
  return registered;
}

/** Runs something without a kernel. */
export async function without<T>(registered: tf.KernelConfig, run: () => T | Promise<T>): Promise<T> {
  tf.unregisterKernel(registered.kernelName, registered.backendName);
  try {
    return await run();
  } finally {
    tf.registerKernel(registered);
  }
}

/** Two prompts of different lengths: the shorter one is padded where there is padding. */
export function encodedPrompts(policy: QwenPolicy): Promise<EncodedPrompt[]> {
  const questions = ['What is it?', 'Name all the squares that you can see, one after another, please.'];
  const samples = drawSamples({ tasks: ['digits'], seed: 5, count: 2 });
  return Promise.all(
    samples.map(async ({ image }, i) =>
      policy.encode({
        messages: [{ role: 'user', content: [{ type: 'image' }, { type: 'text', text: questions[i]! }] }],
        images: [await decodeImage(await image.png())],
      }),
    ),
  );
}
