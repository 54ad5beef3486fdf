import { requireNames } from '@cppo/checked-options';
import * as tf from '@tensorflow/tfjs-core';
import { registerGradients } from '../gradients.js';
import { installKernels } from '../wasm/install-kernels.js';
import { type EmscriptenFactory, registerBackend } from '../wasm/register-backend.js';
import { spawnWebThread } from '../wasm/web-thread.js';
import { type Engine, EngineUnavailableError } from './engine.js';
import { repairWebGpu } from './webgpu-kernels.js';

export interface BrowserEngineOptions {
  readonly prefer: 'wasm' | 'webgpu';
  /** Where `tfjs-backend-wasm-simd.wasm` of `@tensorflow/tfjs-backend-wasm` is served, or what gives its bytes. */
  readonly binary: string | URL | (() => Promise<Uint8Array>);
  /** Threads that compute with wasm, this one included. Default: one per core, at most 8; one where the page is not isolated. */
  readonly threads?: number;
}

/** A WebAssembly memory ends here. */
const MEMORY_LIMIT = 4 * 2 ** 30;
const MOST_THREADS = 8;

/**
 * Starts an engine in a web worker: with wasm, our kernels on as many threads as there are, which takes a page that is
 * isolated from other origins (`crossOriginIsolated`).
 *
 * @throws EngineUnavailableError when the browser has no SIMD in WebAssembly or no WebGPU.
 */
export async function startBrowserEngine(options: BrowserEngineOptions): Promise<Engine> {
  requireNames('startBrowserEngine', options, { prefer: true, binary: true, threads: true });
  await registerGradients();
  return options.prefer === 'webgpu' ? startWebGpu() : startWasm(options);
}

async function startWasm({ binary, threads: wanted }: BrowserEngineOptions): Promise<Engine> {
  await import('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) {
    throw new EngineUnavailableError('wasm', 'there is no SIMD in WebAssembly', 'a browser of 2023 or newer');
  }
  // Some builds of WebKit are isolated and yet have no memory that threads share.
  const isolated = globalThis.crossOriginIsolated === true && typeof SharedArrayBuffer !== 'undefined';
  const cores = navigator.hardwareConcurrency || 1;
  const threads = isolated ? (wanted ?? Math.min(cores, MOST_THREADS)) : 1;
  await registerBackend(threads > 1, async () => {
    const bytes = typeof binary === 'function' ? await binary() : await read(binary);
    const { default: factory } = await import('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js');
    return { factory: factory as unknown as EmscriptenFactory, binary: bytes };
  });
  const started = await installKernels(threads, spawnWebThread);
  const multiply = started.fusedMultiplyAdd ? ', fused multiply-add' : '';
  return {
    name: 'wasm',
    devices: ['processor'],
    threads: started.threads,
    memoryLimit: MEMORY_LIMIT,
    description: `WebAssembly with own kernels, ${started.threads} thread${started.threads === 1 ? '' : 's'}${multiply}`,
  };
}

async function read(address: string | URL): Promise<Uint8Array> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`startBrowserEngine: ${address} answers ${answer.status}.`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function startWebGpu(): Promise<Engine> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<Adapter | null> } };
  const adapter = await gpu?.requestAdapter();
  if (!adapter) {
    throw new EngineUnavailableError(
      'webgpu',
      'the browser gives no WebGPU adapter',
      'wasm, or another browser',
    );
  }
  await import('@tensorflow/tfjs-backend-webgpu');
  if (!(await tf.setBackend('webgpu'))) {
    throw new EngineUnavailableError('webgpu', 'its TensorFlow.js backend does not start', 'wasm');
  }
  repairWebGpu();
  const { description, vendor } = adapter.info;
  const name = description || vendor || 'unnamed adapter';
  return {
    name: 'webgpu',
    devices: [name],
    threads: 0,
    memoryLimit: adapter.limits.maxBufferSize,
    description: `WebGPU on ${name}`,
  };
}

/** The part of WebGPU's interface that is used here. */
interface Adapter {
  readonly info: { readonly vendor: string; readonly description: string };
  readonly limits: { readonly maxBufferSize: number };
}
