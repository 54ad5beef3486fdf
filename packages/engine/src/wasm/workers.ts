import { type KernelModule, packedBytes } from './kernel-module.js';

// Bytes of the record `Pool` in assembly/pool.ts, and where it holds the count of workers and their patience.
const POOL_BYTES = 64;
const WORKERS_WORD = 6;
const PATIENCE_WORD = 7;
/** Looks for news before a thread goes to sleep: some 20 microseconds, the pause between two operations. */
const PATIENCE = 10_000;
/** Milliseconds to wait for the workers to start before continuing without them. */
const START_LIMIT = 2_000;

/** What a thread of a pool is started with: own kernels, and the memory that it shares. */
export interface ThreadStart {
  readonly compiled: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly pool: number;
  readonly scratch: number;
}

/** Starts a thread that serves a pool until its program ends; Node and browsers have different ones. */
export type SpawnThread = (start: ThreadStart, onError: () => void) => void;

/**
 * Starts `count` workers on the shared memory of `module`; jobs are divided among those that run.
 * They sleep when there is nothing to do, do not keep the process alive and end with it.
 *
 * @returns how many had started in two seconds; the others join when they do.
 */
export async function startWorkers(module: KernelModule, count: number, spawn: SpawnThread): Promise<number> {
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
    spawn({ compiled, memory: backend.wasm.asm.memory, pool, scratch }, () => failed++);
  }
  const started = () => Atomics.load(words(), WORKERS_WORD);
  const deadline = Date.now() + START_LIMIT;
  while (started() + failed < count && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return started();
}
