import type { EngineName } from '../engines/engine.js';

/** Bytes of a process that has started the engine and loaded nothing. Measured on Linux. */
export const processBytes: Readonly<Record<EngineName, number>> = {
  tensorflow: 4.0e8,
  'tensorflow-gpu': 1.2e9,
  webgpu: 4.0e8,
  wasm: 2.5e8,
  cpu: 1.5e8,
};
