import type { BackendWasm as StockBackend } from '@tensorflow/tfjs-backend-wasm';
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { simdBinary } from './binaries.js';
import { withMemoryShared } from './memory-limits.js';

/** What assembly/index.ts exports. Addresses are bytes from the start of the backend's memory. */
interface KernelExports {
  scratchBytes(): number;
  product(job: number, tasks: number, scratch: number): void;
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
  /** Address of a few hundred bytes in which a job is described. */
  readonly job: number;
  readonly scratch: number;
  /** Address of a tensor's first number. */
  address(tensor: TensorInfo): number;
  /** A new tensor, not yet filled. */
  output(shape: number[], dtype?: DataType): TensorInfo;
}

const JOB_BYTES = 256;

export function instantiateKernels(backend: BackendWasm): KernelModule {
  const memory = backend.wasm.asm.memory;
  const shared = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
  const binary = withMemoryShared(Buffer.from(simdBinary, 'base64'), shared);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory } });
  const exports = instance.exports as unknown as KernelExports;
  const allocate = (bytes: number) => backend.wasm._malloc(bytes) >>> 0;
  return {
    backend,
    exports,
    job: allocate(JOB_BYTES),
    scratch: allocate(exports.scratchBytes()),
    address: (tensor) => backend.dataIdMap.get(tensor.dataId).memoryOffset,
    output: (shape, dtype = 'float32') => backend.makeOutput(shape, dtype),
  };
}
