import * as tf from '@tensorflow/tfjs-core';
import { registerMissingGradients } from './gradients.js';

/** Engines by preference: the first that starts is taken when none is named; `cpu` only when it is. */
export const engineNames = ['tensorflow-gpu', 'webgpu', 'tensorflow', 'wasm', 'cpu'] as const;
export type EngineName = (typeof engineNames)[number];

export interface EngineOptions {
  /** Take this engine and no other. */
  readonly prefer?: EngineName;
  /** Threads to compute with, where the engine has a choice. Default: as many as there are cores. */
  readonly threads?: number;
}

/** The TensorFlow.js backend that was started, and what it can do. */
export interface Engine {
  readonly name: EngineName;
  /** Names of the processors or graphics cards that compute. */
  readonly devices: readonly string[];
  readonly threads: number;
  /** Bytes that tensors can take. */
  readonly memoryLimit: number;
  /** One line for people. */
  readonly description: string;
}

/**
 * Starts the best TensorFlow.js backend of this machine, or the preferred one, and registers gradients.
 *
 * @throws Error when the preferred engine is missing, with the reason and a remedy.
 */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  const { cpus } = await import('node:os');
  await import('@tensorflow/tfjs');
  registerMissingGradients();
  const devices = [cpus()[0]?.model ?? 'processor'];
  const name = options.prefer ?? 'wasm';
  if (name === 'cpu') {
    await tf.setBackend('cpu');
    // The backend greets its first tensor with an advertisement.
    (tf.backend() as unknown as { firstUse: boolean }).firstUse = false;
    const memoryLimit = (await import('node:os')).totalmem();
    return { name, devices, threads: 1, memoryLimit, description: 'plain JavaScript, for checks only' };
  }
  if (name === 'wasm') {
    const { accelerateWasm } = await import('./wasm/accelerate.js');
    const { threads } = await accelerateWasm(
      options.threads === undefined ? {} : { threads: options.threads },
    );
    return {
      name,
      devices,
      threads,
      memoryLimit: 4 * 2 ** 30,
      description: `WebAssembly with own kernels, ${threads} thread${threads === 1 ? '' : 's'}`,
    };
  }
  throw new Error(`startEngine: engine ${name} is not available yet.`);
}
