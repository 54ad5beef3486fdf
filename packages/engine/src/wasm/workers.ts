import { type KernelModule, packedBytes } from './kernel-module.js';

// Bytes of the record `Pool` in assembly/pool.ts, and where it holds the count of workers and their patience.
const POOL_BYTES = 64;
const WORKERS_WORD = 6;
const PATIENCE_WORD = 7;
/** Looks for news before a thread goes to sleep: some 20 microseconds, the pause between two operations. */
const PATIENCE = 10_000;
/** Milliseconds to wait for the workers to start before continuing without them. */
const START_LIMIT = 2_000;

const workerCode = `
const { workerData: { compiled, memory, pool, scratch } } = require('node:worker_threads');
new WebAssembly.Instance(compiled, { env: { memory, now: () => 0 } }).exports.serve(pool, scratch);
`;

/**
 * Starts `count` workers on the shared memory of `module`; jobs are divided among those that run.
 * They sleep when there is nothing to do, do not keep the process alive and end with it.
 *
 * @returns how many had started in two seconds; the others join when they do.
 */
export async function startWorkers(module: KernelModule, count: number): Promise<number> {
  const { Worker } = await import('node:worker_threads');
  const { backend, compiled } = module;
  const pool = module.allocate(POOL_BYTES);
  const words = () => new Int32Array(backend.wasm.HEAPU32.buffer, pool, POOL_BYTES / 4);
  words().fill(0)[PATIENCE_WORD] = PATIENCE;
  module.pool = pool;
  module.packed = module.allocate(packedBytes);
  module.threads = count + 1;

  let failed = 0;
  for (let i = 0; i < count; i++) {
    const scratch = module.allocateScratch();
    const worker = new Worker(workerCode, {
      eval: true,
      // Neither the program's loaders nor its environment matter to a worker.
      execArgv: [],
      env: {},
      workerData: { compiled, memory: backend.wasm.asm.memory, pool, scratch },
    });
    worker.on('error', () => failed++);
    worker.unref();
  }
  const started = () => Atomics.load(words(), WORKERS_WORD);
  const deadline = Date.now() + START_LIMIT;
  while (started() + failed < count && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return started();
}
