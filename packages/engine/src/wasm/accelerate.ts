import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { requireNames } from '@cppo/checked-options';
import * as tf from '@tensorflow/tfjs-core';
import { registerAttention } from './attention.js';
import {
  registerCopies,
  registerCumulative,
  registerOneHot,
  registerSegmentSum,
  registerSharing,
} from './data-movement.js';
import { registerDecoderToken } from './decoder-token.js';
import { registerElementwise } from './elementwise.js';
import { registerFused } from './fused.js';
import { type BackendWasm, hasSharedMemory, instantiateKernels, type KernelModule } from './kernel-module.js';
import { registerMatMul } from './matmul.js';
import { guardMemory } from './out-of-memory.js';
import { registerPacked } from './packed.js';
import { registerReductions } from './reduce.js';
import { withStockKernels } from './replace-kernel.js';
import { registerStockBackend } from './stock-backend.js';
import { startWorkers } from './workers.js';

export interface WasmOptions {
  /** Threads that compute, this one included. Default: one per core, at most 8. */
  readonly threads?: number;
}

/** What `accelerateWasm` set up. */
export interface WasmAcceleration {
  /** Threads that compute, this one included. */
  readonly threads: number;
  /** Whether products use fused multiply-add (relaxed SIMD). */
  readonly fusedMultiplyAdd: boolean;
  /** Float32 operations a millisecond that one thread does in registers, measured anew: what bounds a product. */
  measurePeak(): number;
  /** Runs something with the workers left alone, to compare. */
  onOneThread<T>(run: () => T): T;
  /** Runs something with the kernels that the backend came with, to compare. */
  onStockKernels<T>(run: () => T): T;
}

const MOST_THREADS = 8;

const accelerated = new WeakMap<BackendWasm, WasmAcceleration>();

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
  if (!(await tf.setBackend('wasm'))) {
    throw new Error('accelerateWasm: the wasm backend of TensorFlow.js does not start here.');
  }
  const backend = tf.backend() as unknown as BackendWasm;
  const known = accelerated.get(backend);
  if (known) return known;

  // Node 20 has relaxed SIMD behind a flag, which later ones have on and do not know.
  if (process.versions.v8.startsWith('11.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
  guardMemory(backend);
  const module = instantiateKernels(backend);
  const workers = threads > 1 && hasSharedMemory(backend) ? await startWorkers(module, threads - 1) : 0;
  registerMatMul(module);
  registerPacked(module);
  registerSharing(module);
  registerCopies(module);
  registerElementwise(module);
  registerReductions(module);
  registerAttention(module);
  registerDecoderToken(module);
  registerFused(module);
  registerSegmentSum(module);
  registerCumulative();
  registerOneHot();
  const acceleration = {
    threads: workers + 1,
    fusedMultiplyAdd: module.relaxed,
    measurePeak: () => measurePeak(module),
    onOneThread: <T>(run: () => T) => onOneThread(module, run),
    onStockKernels: withStockKernels,
  };
  accelerated.set(backend, acceleration);
  return acceleration;
}

/** Best of many short runs, the first of which let the runtime compile. */
function measurePeak({ exports, backend }: KernelModule): number {
  const [turns, operationsPerTurn, runs] = [100_000, 96, 200];
  const { wasm } = backend;
  const factors = wasm._malloc(32);
  wasm.HEAPF32.fill(1e-3, factors / 4, factors / 4 + 8);
  let best = Infinity;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    exports.multiplyAdds(turns, factors);
    best = Math.min(best, performance.now() - start);
  }
  wasm._free(factors);
  return (turns * operationsPerTurn) / best;
}

function onOneThread<T>(module: KernelModule, run: () => T): T {
  const { threads, pool } = module;
  module.threads = 1;
  module.pool = 0;
  try {
    return run();
  } finally {
    module.threads = threads;
    module.pool = pool;
    // A comparison shall not find them at rest because of a disturbance that met an earlier turn.
    module.forgetWaits();
  }
}
