import * as tf from '@tensorflow/tfjs-core';
import type { BackendWasm } from './kernel-module.js';

/** Addresses of a WebAssembly memory end here. */
const ADDRESSES = 2 ** 32;

/**
 * Makes the backend say that its memory is full. The stock backend takes the null that malloc then returns, or
 * a size beyond 32 bits cut to them, for an address and ends in "memory access out of bounds", or in wrong figures.
 */
export function guardMemory({ wasm }: BackendWasm): void {
  // Emscripten puts the real function in the place of its first one when that is called.
  wasm._free(wasm._malloc(1));
  const allocate = wasm._malloc;
  wasm._malloc = (bytes) => {
    const address = bytes < ADDRESSES ? allocate(bytes) : 0;
    if (address === 0 && bytes > 0) throw outOfMemory(bytes);
    return address;
  };
}

function outOfMemory(bytes: number): RangeError {
  const { numTensors, numBytes } = tf.memory();
  return new RangeError(
    `wasm engine: found no room for ${inMebibytes(bytes)} beside the ${inMebibytes(numBytes)} of ${numTensors} tensors; expected a smaller model or batch, as WebAssembly has 4096 MiB, or another engine.`,
  );
}

const inMebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 20 ? 2 : 0)} MiB`;
