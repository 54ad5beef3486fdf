import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type EmscriptenFactory, registerBackend } from './register-backend.js';

const directory = '@tensorflow/tfjs-backend-wasm/wasm-out';

/** Makes `tf.setBackend('wasm')` start the stock build that the package holds; see `registerBackend`. */
export async function registerStockBackend(shared: boolean): Promise<void> {
  await registerBackend(shared, async () => {
    const require = createRequire(import.meta.url);
    const factory = require(`${directory}/tfjs-backend-wasm.js`) as EmscriptenFactory;
    const binary = await readFile(require.resolve(`${directory}/tfjs-backend-wasm-simd.wasm`));
    return { factory: (options) => withoutNewListeners(() => factory(options)), binary };
  });
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
