import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { requireNames } from '@cppo/checked-options';
import * as tf from '@tensorflow/tfjs-core';
import { installKernels, type WasmAcceleration } from './install-kernels.js';
import { spawnNodeThread } from './node-thread.js';
import { registerStockBackend } from './stock-backend.js';

export type { WasmAcceleration } from './install-kernels.js';

export interface WasmOptions {
  /** Threads that compute, this one included. Default: one per core, at most 8. */
  readonly threads?: number;
}

const MOST_THREADS = 8;

/**
 * Starts the wasm backend of TensorFlow.js, makes it current and puts own kernels in the place of its slow ones.
 * Works on any program that uses `@tensorflow/tfjs-core`; calling it again changes nothing. Several threads need
 * a backend that was not running before, since its memory must be shared from the start; otherwise, or where
 * workers do not start, one thread computes.
 *
 * @throws RangeError when `threads` is not a positive whole number.
 */
export async function accelerateWasm(options: WasmOptions = {}): Promise<WasmAcceleration> {
  requireNames('accelerateWasm', options, { threads: true });
  const threads = options.threads ?? Math.min(availableParallelism(), MOST_THREADS);
  if (!Number.isInteger(threads) || threads < 1) {
    throw new RangeError(`accelerateWasm: threads is ${threads}; expected a positive whole number.`);
  }
  await import('@tensorflow/tfjs-backend-wasm');
  if (!('wasm' in tf.engine().registry)) await registerStockBackend(threads > 1);
  return installKernels(threads, spawnNodeThread, () => {
    // Node 20 has relaxed SIMD behind a flag, which later ones have on and do not know.
    if (process.versions.v8.startsWith('11.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
  });
}
