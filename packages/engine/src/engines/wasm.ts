import { cpus } from 'node:os';
import type { Engine, EngineOptions } from './engine.js';

/** A WebAssembly memory ends here. */
const MEMORY_LIMIT = 4 * 2 ** 30;

/** WebAssembly with own kernels; needs nothing but npm. */
export async function startWasm({ threads }: EngineOptions): Promise<Engine> {
  const { accelerateWasm } = await import('../wasm/accelerate.js');
  const started = await accelerateWasm(threads === undefined ? {} : { threads });
  const multiply = started.fusedMultiplyAdd ? ', fused multiply-add' : '';
  return {
    name: 'wasm',
    devices: [cpus()[0]?.model ?? 'processor'],
    threads: started.threads,
    memoryLimit: MEMORY_LIMIT,
    description: `WebAssembly with own kernels, ${started.threads} thread${started.threads === 1 ? '' : 's'}${multiply}`,
  };
}
