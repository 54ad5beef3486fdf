import * as tf from '@tensorflow/tfjs-core';
import { registerCumulative, registerSegmentSum, registerSharing } from './data-movement.js';
import { type BackendWasm, instantiateKernels } from './kernel-module.js';
import { registerMatMul } from './matmul.js';

/** What `accelerateWasm` set up. */
export interface WasmAcceleration {
  /** Threads that compute, this one included. */
  readonly threads: number;
}

const accelerated = new WeakMap<BackendWasm, WasmAcceleration>();

/**
 * Starts the wasm backend of TensorFlow.js, makes it current and puts own kernels in the place of its slow ones.
 * Works on any program that uses `@tensorflow/tfjs-core`; calling it again changes nothing.
 */
export async function accelerateWasm(): Promise<WasmAcceleration> {
  await import('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.setBackend('wasm'))) {
    throw new Error('accelerateWasm: the wasm backend of TensorFlow.js does not start here.');
  }
  const backend = tf.backend() as unknown as BackendWasm;
  const known = accelerated.get(backend);
  if (known) return known;
  const module = instantiateKernels(backend);
  registerMatMul(module);
  registerSharing(module);
  registerSegmentSum(module);
  registerCumulative();
  const acceleration = { threads: 1 };
  accelerated.set(backend, acceleration);
  return acceleration;
}
