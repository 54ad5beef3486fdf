export {
  type Engine,
  type EngineName,
  type EngineOptions,
  engineNames,
  startEngine,
} from './start-engine.js';
export { accelerateWasm, type WasmAcceleration } from './wasm/accelerate.js';
