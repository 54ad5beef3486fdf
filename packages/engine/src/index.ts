export { type DecoderSize, referenceDecoder, stepOperations, TrainingStep } from './bench/training-step.js';
export {
  type Engine,
  type EngineName,
  type EngineOptions,
  engineNames,
  startEngine,
} from './start-engine.js';
export { accelerateWasm, type WasmAcceleration, type WasmOptions } from './wasm/accelerate.js';
