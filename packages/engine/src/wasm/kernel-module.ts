import type { BackendWasm as StockBackend } from '@tensorflow/tfjs-backend-wasm';
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { relaxedBinary, simdBinary } from './binaries.js';
import { withMemoryShared } from './memory-limits.js';

/** Kinds of jobs, as in assembly/tasks.ts. */
export const jobKinds = { product: 0 } as const;

/** What assembly/index.ts exports. Addresses are bytes from the start of the backend's memory. */
interface KernelExports {
  scratchBytes(): number;
  /** 1 when all tasks are done, 0 when a worker did not finish its own. */
  run(pool: number, kind: number, job: number, tasks: number, scratch: number): number;
  segmentSum(x: number, ids: number, rows: number, width: number, segments: number, out: number): void;
}

/** The parts of the Emscripten module that are used here, which the package's own types leave out. */
interface EmscriptenModule {
  readonly asm: { readonly memory: WebAssembly.Memory };
  /** Views of the whole memory; replaced when it grows, so read them after allocating. */
  readonly HEAPU32: Uint32Array;
  readonly HEAPF32: Float32Array;
  _malloc(bytes: number): number;
}

export type BackendWasm = Omit<StockBackend, 'wasm'> & { readonly wasm: EmscriptenModule };

/** Own kernels, instantiated on the memory of a running wasm backend. */
export interface KernelModule {
  readonly backend: BackendWasm;
  readonly exports: KernelExports;
  readonly compiled: WebAssembly.Module;
  /** Whether fused multiply-add is used. */
  readonly relaxed: boolean;
  /** Threads among which to divide jobs. */
  threads: number;
  /** Address of the record that the threads share; 0 before there are workers. */
  pool: number;
  /** Address of a few hundred bytes in which a job is described. */
  readonly job: number;
  /** Address of a tensor's first number. */
  address(tensor: TensorInfo): number;
  /** A new tensor, not yet filled. */
  output(shape: number[], dtype?: DataType): TensorInfo;
  /** Memory that is never freed, on a multiple of 64 bytes. */
  allocate(bytes: number): number;
  /** Runs the job described at `job`. */
  run(kind: number, tasks: number): void;
}

const JOB_BYTES = 256;

export function hasSharedMemory(backend: BackendWasm): boolean {
  return (
    typeof SharedArrayBuffer !== 'undefined' && backend.wasm.asm.memory.buffer instanceof SharedArrayBuffer
  );
}

export function instantiateKernels(backend: BackendWasm): KernelModule {
  const { memory } = backend.wasm.asm;
  const decode = (base64: string) =>
    withMemoryShared(
      Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)),
      hasSharedMemory(backend),
    );
  const relaxedCode = decode(relaxedBinary);
  const relaxed = WebAssembly.validate(relaxedCode);
  const compiled = new WebAssembly.Module(relaxed ? relaxedCode : decode(simdBinary));
  const exports = new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as KernelExports;
  const allocate = (bytes: number) => ((backend.wasm._malloc(bytes + 63) >>> 0) + 63) & ~63;
  const scratch = allocate(exports.scratchBytes());
  return {
    backend,
    exports,
    compiled,
    relaxed,
    threads: 1,
    pool: 0,
    job: allocate(JOB_BYTES),
    allocate,
    address: (tensor) => backend.dataIdMap.get(tensor.dataId).memoryOffset,
    output: (shape, dtype = 'float32') => backend.makeOutput(shape, dtype),
    run(kind, tasks) {
      if (!exports.run(this.pool, kind, this.job, tasks, scratch)) {
        throw new Error('wasm kernels: a worker thread stopped in the middle of its work.');
      }
    },
  };
}
