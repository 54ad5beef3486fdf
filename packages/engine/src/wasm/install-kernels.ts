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
import { type SpawnThread, startWorkers } from './workers.js';

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

const accelerated = new WeakMap<BackendWasm, WasmAcceleration>();

/**
 * Makes the registered wasm backend current and puts own kernels in the place of its slow ones; again, it changes nothing.
 *
 * @param threads that compute, this one included; one where the memory of the backend is not shared.
 * @param beforeCompiling what the runtime must be told first.
 */
export async function installKernels(
  threads: number,
  spawn: SpawnThread,
  beforeCompiling = () => {},
): Promise<WasmAcceleration> {
  if (!(await tf.setBackend('wasm'))) {
    throw new Error('accelerateWasm: the wasm backend of TensorFlow.js does not start here.');
  }
  const backend = tf.backend() as unknown as BackendWasm;
  const known = accelerated.get(backend);
  if (known) return known;

  beforeCompiling();
  guardMemory(backend);
  const module = instantiateKernels(backend);
  const workers =
    threads > 1 && hasSharedMemory(backend) ? await startWorkers(module, threads - 1, spawn) : 0;
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
