import type { BackendWasm as StockBackend } from '@tensorflow/tfjs-backend-wasm';
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { type JobKind, jobKinds, jobs } from '../kernels/jobs.js';
import { type ValuesOf, wordCount, writeRecord } from '../kernels/layout.js';
import { relaxedBinary, simdBinary } from './binaries.js';
import { withMemoryShared } from './memory-limits.js';

/** What assembly/index.ts exports. Addresses are bytes from the start of the backend's memory. */
interface KernelExports {
  scratchBytes(): number;
  /** Fills in what scratch must hold before a thread works with it. */
  prepare(scratch: number): void;
  /** Memory of a task of attention. */
  attentionSlotBytes(headDimension: number, mostKeys: number, prefix: number): number;
  /** Memory of some branches' states in a decoder token, and of what a task of it alone writes to. */
  decoderTokenSlotBytes(
    lanes: number,
    few: number,
    hidden: number,
    intermediate: number,
    queries: number,
    keys: number,
  ): number;
  decoderTokenOwnBytes(
    lanes: number,
    headDimension: number,
    repeats: number,
    seen: number,
    rank: number,
  ): number;
  /** Milliseconds slept for workers to finish; −1 when one did not. */
  run(pool: number, kind: number, job: number, tasks: number, scratch: number): number;
  /** First of the int32 numbers that is not in [0, limit); −1 when all are. */
  findOutside(indices: number, count: number, limit: number): number;
  /** 96 operations a turn, in registers, with eight numbers at an address; the sum itself is meaningless. */
  multiplyAdds(turns: number, factors: number): number;
  segmentSum(x: number, ids: number, rows: number, width: number, segments: number, out: number): void;
}

/** The parts of the Emscripten module that are used here, which the package's own types leave out. */
interface EmscriptenModule {
  readonly asm: { readonly memory: WebAssembly.Memory };
  /** Views of the whole memory; replaced when it grows, so read them after allocating. */
  readonly HEAPU32: Uint32Array;
  readonly HEAPF32: Float32Array;
  _malloc: (bytes: number) => number;
  _free(address: number): void;
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
  /** Address of `packedBytes` in which threads pack an operand for all; 0 before there are workers. */
  packed: number;
  /** Address of a tensor's first number. */
  address(tensor: TensorInfo): number;
  /** A new tensor, not yet filled. */
  output(shape: number[], dtype?: DataType): TensorInfo;
  /** Memory that is never freed, on a multiple of 64 bytes. */
  allocate(bytes: number): number;
  /** What one thread needs to work. */
  allocateScratch(): number;
  /** Runs a job, which `values` describes. */
  run<Kind extends JobKind>(kind: Kind, tasks: number, values: ValuesOf<(typeof jobs)[Kind]>): void;
  /** Gives the workers jobs again at once, whatever waiting for them took before. */
  forgetWaits(): void;
  /** How many of `count` items of some cost (numbers touched) make a task. */
  itemsPerTask(count: number, cost: number): number;
}

/** Room for an operand that threads share packed: larger ones, each packs in parts. */
export const packedBytes = 2 ** 23;

const JOB_BYTES = 4 * Math.max(...Object.values(jobs).map(wordCount));
/** Numbers touched below which a task is not worth handing to another thread: some 5 microseconds. */
const SMALL_TASK = 2 ** 14;
/** Milliseconds of waiting for a worker that are put down to chance. */
const SHORT_WAIT = 2;
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;

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
  const imports = { env: { memory, now: () => performance.now() } };
  const exports = new WebAssembly.Instance(compiled, imports).exports as unknown as KernelExports;
  const allocate = (bytes: number) => (((backend.wasm._malloc(bytes + 63) >>> 0) + 63) & ~63) >>> 0;
  const job = allocate(JOB_BYTES);
  const allocateScratch = () => {
    const scratch = allocate(exports.scratchBytes());
    exports.prepare(scratch);
    return scratch;
  };
  const scratch = allocateScratch();

  // Where other programs want the cores, a worker may be put aside in the middle of its task, and waiting for it
  // costs more than it gave. Then the workers are left alone for a while.
  let pause = FIRST_PAUSE;
  let pausedUntil = 0;

  return {
    backend,
    exports,
    compiled,
    relaxed,
    threads: 1,
    pool: 0,
    packed: 0,
    allocate,
    allocateScratch,
    address: (tensor) => backend.dataIdMap.get(tensor.dataId).memoryOffset,
    output: (shape, dtype = 'float32') => backend.makeOutput(shape, dtype),
    run(kind, tasks, values) {
      writeRecord(backend.wasm, job, jobs[kind], values);
      const number = jobKinds.indexOf(kind);
      if (tasks === 1 || this.pool === 0) {
        exports.run(0, number, job, tasks, scratch);
        return;
      }
      const start = performance.now();
      const waited = exports.run(start < pausedUntil ? 0 : this.pool, number, job, tasks, scratch);
      if (waited < 0) throw new Error('wasm kernels: a worker thread stopped in the middle of its work.');
      if (waited === 0) return;
      const end = performance.now();
      if (waited > SHORT_WAIT && waited > (end - start) / 2) {
        pausedUntil = end + pause;
        pause = Math.min(2 * pause, LONGEST_PAUSE);
      } else if (end > pausedUntil + 2 * pause) pause = FIRST_PAUSE;
    },
    forgetWaits() {
      pause = FIRST_PAUSE;
      pausedUntil = 0;
    },
    itemsPerTask(count, cost) {
      if (this.threads === 1) return count;
      return Math.max(Math.ceil(count / (4 * this.threads)), Math.ceil(SMALL_TASK / cost), 1);
    },
  };
}
