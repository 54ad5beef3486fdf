/** Engines in the order in which they are tried; `cpu` only on request. */
export const engineNames = ['tensorflow-gpu', 'webgpu', 'tensorflow', 'wasm', 'cpu'] as const;
export type EngineName = (typeof engineNames)[number];

export interface EngineOptions {
  /** Take this engine and no other. */
  readonly prefer?: EngineName;
  /** Threads to compute with, where the engine has a choice. Default: one per core (wasm: at most 8). */
  readonly threads?: number;
  /**
   * Let TensorFlow multiply in bfloat16 on processors that have it: over three times as fast, at 2e-3 relative
   * error. Default false.
   */
  readonly bfloat16?: boolean;
  /** Accept a WebGPU adapter that is emulated on the processor. Default false. */
  readonly softwareAdapter?: boolean;
}

/** The TensorFlow.js backend that was started, and what it can do. */
export interface Engine {
  readonly name: EngineName;
  /** Names of the processors or graphics cards that compute. */
  readonly devices: readonly string[];
  /** Threads of the processor that compute; 0 where a graphics card does. */
  readonly threads: number;
  /** Bytes that tensors can take, as far as is known. */
  readonly memoryLimit: number;
  /** One line for people. */
  readonly description: string;
  /** A command that makes it quicker and lets it multiply narrow weights, where something is missing. */
  readonly remedy?: string;
}

/** Why an engine does not start here, and what would make it. */
export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError';

  constructor(
    readonly engine: EngineName,
    readonly reason: string,
    readonly remedy: string,
  ) {
    super(`startEngine: ${engine} does not start: ${reason}. Remedy: ${remedy}.`);
  }
}
