import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';

type EmscriptenFactory = (options: { wasmBinary: Uint8Array }) => Promise<{
  cwrap(name: string, result: string | null, parameters: string[]): unknown;
  tfjs?: unknown;
}>;

const directory = '@tensorflow/tfjs-backend-wasm/wasm-out';
/** That of the stock backend. */
const PRIORITY = 2;

/**
 * Makes `tf.setBackend('wasm')` start the stock SIMD build on a memory that threads can share. TensorFlow.js has
 * a build with threads of its own, but it does not start under Node and speeds up untransposed products only.
 */
export async function registerStockBackend(shared: boolean): Promise<void> {
  const { BackendWasm } = await import('@tensorflow/tfjs-backend-wasm');
  const { withMemoryShared } = await import('./memory-limits.js');
  tf.removeBackend('wasm');
  tf.registerBackend(
    'wasm',
    async () => {
      const require = createRequire(import.meta.url);
      const factory = require(`${directory}/tfjs-backend-wasm.js`) as EmscriptenFactory;
      const binary = await readFile(require.resolve(`${directory}/tfjs-backend-wasm-simd.wasm`));
      const wasm = await withoutNewListeners(() => factory({ wasmBinary: withMemoryShared(binary, shared) }));
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

/** Emscripten's start makes the process rethrow what it fails with, which only hides where that came from. */
async function withoutNewListeners<T>(start: () => Promise<T>): Promise<T> {
  const events = ['uncaughtException', 'unhandledRejection'];
  const before = new Map(events.map((event) => [event, process.listeners(event as NodeJS.Signals)]));
  const result = await start();
  for (const event of events) {
    for (const listener of process.listeners(event as NodeJS.Signals)) {
      if (!before.get(event)!.includes(listener)) process.removeListener(event, listener);
    }
  }
  return result;
}
