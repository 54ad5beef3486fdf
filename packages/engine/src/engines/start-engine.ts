import { describeValue, requireNames, requireOneOf } from '@cppo/checked-options';
import { registerGradients } from '../gradients.js';
import {
  type Engine,
  type EngineName,
  type EngineOptions,
  EngineUnavailableError,
  engineNames,
} from './engine.js';

/**
 * Starts the best TensorFlow.js engine of this machine, or the preferred one, and registers gradients on it.
 * Tried in the order TensorFlow with CUDA, WebGPU on a graphics card, TensorFlow on the processor, wasm.
 *
 * @throws EngineUnavailableError when the preferred engine does not start, with the reason and a remedy.
 * @throws RangeError when an option makes no sense.
 */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  requireNames('startEngine', options, {
    prefer: true,
    threads: true,
    bfloat16: true,
    softwareAdapter: true,
  });
  const { prefer, threads } = options;
  if (prefer !== undefined) requireOneOf('startEngine', 'prefer', prefer, engineNames);
  for (const name of ['bfloat16', 'softwareAdapter'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'boolean') {
      throw new RangeError(
        `startEngine: ${name} is ${describeValue(options[name])}; expected true or false.`,
      );
    }
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
    throw new RangeError(`startEngine: threads is ${threads}; expected a positive whole number.`);
  }
  await registerGradients();
  if (prefer) return await start(prefer, options);
  for (const name of engineNames) {
    try {
      return await start(name, options);
    } catch (problem) {
      if (!(problem instanceof EngineUnavailableError)) throw problem;
    }
  }
  throw new Error('startEngine: no engine starts here; expected at least WebAssembly with SIMD.');
}

/** Each engine's code is loaded only when it is tried. */
export async function start(name: EngineName, options: EngineOptions): Promise<Engine> {
  switch (name) {
    case 'tensorflow-gpu':
    case 'tensorflow':
      return (await import('./tensorflow.js')).startTensorFlow(name, options);
    case 'webgpu':
      return (await import('./webgpu.js')).startWebGpu(options);
    case 'wasm':
      return (await import('./wasm.js')).startWasm(options);
    case 'cpu':
      return (await import('./cpu.js')).startCpu();
  }
}
