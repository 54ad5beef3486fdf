import * as tf from '@tensorflow/tfjs-core';
import { withMemoryShared } from './memory-limits.js';

/** What the Emscripten program of the stock backend exports. */
export type EmscriptenFactory = (options: { wasmBinary: Uint8Array }) => Promise<{
  cwrap(name: string, result: string | null, parameters: string[]): unknown;
  tfjs?: unknown;
}>;

/** The program of the stock backend and its SIMD build. */
export interface StockProgram {
  readonly factory: EmscriptenFactory;
  readonly binary: Uint8Array;
}

/** That of the stock backend. */
const PRIORITY = 2;

/**
 * Makes `tf.setBackend('wasm')` start the stock SIMD build on a memory that threads can share. TensorFlow.js has
 * a build with threads of its own, but it does not start under Node and speeds up untransposed products only.
 *
 * @param load called when the backend starts.
 */
export async function registerBackend(shared: boolean, load: () => Promise<StockProgram>): Promise<void> {
  const { BackendWasm } = await import('@tensorflow/tfjs-backend-wasm');
  tf.removeBackend('wasm');
  tf.registerBackend(
    'wasm',
    async () => {
      const { factory, binary } = await load();
      const wasm = await factory({ wasmBinary: withMemoryShared(binary, shared) });
      wasm.tfjs = {
        init: wasm.cwrap('init', null, []),
        initWithThreadsCount: wasm.cwrap('init_with_threads_count', null, ['number']),
        getThreadsCount: wasm.cwrap('get_threads_count', 'number', []),
        registerTensor: wasm.cwrap('register_tensor', null, ['number', 'number', 'number']),
        disposeData: wasm.cwrap('dispose_data', null, ['number']),
        dispose: wasm.cwrap('dispose', null, []),
      };
      return new BackendWasm(wasm as unknown as ConstructorParameters<typeof BackendWasm>[0]);
    },
    PRIORITY,
  );
}
