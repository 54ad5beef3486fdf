export {
  benchmarkEngine,
  type EngineBenchmark,
  type EngineBenchmarkOptions,
  type ProductRate,
  type Rates,
  type StepRate,
} from './bench/benchmark-engine.js';
export { processorPeak } from './bench/processor-peak.js';
export {
  type DecoderSize,
  referenceDecoder,
  stepOperations,
  TrainingStep,
} from './bench/training-step.js';
export { type Connection, type JoinOptions, joinLearners } from './cluster/join-learners.js';
export { PeerLostError } from './cluster/peer-lost-error.js';
export { type Environment, type Learners, readLearners } from './cluster/read-learners.js';
export {
  type ConformanceOptions,
  type ConformanceResult,
  runConformance,
} from './conformance/run-conformance.js';
export {
  type Diagnosis,
  diagnoseEngines,
  type EngineDiagnosis,
} from './engines/diagnose.js';
export { diagnosisInWords } from './engines/diagnosis-in-words.js';
export {
  type Engine,
  type EngineName,
  type EngineOptions,
  EngineUnavailableError,
  engineNames,
} from './engines/engine.js';
export { type LargestModel, largestModel, modelBytes } from './engines/model-memory.js';
export { startEngine } from './engines/start-engine.js';
export { availableMemory, cgroupLimit, type MemoryLimit, memoryLimit } from './memory/limit.js';
export { processBytes } from './memory/process-bytes.js';
export { buildNative, type NativeBuild, type NativeBuildOptions } from './native/build-native.js';
export { findTensorFlow, type TensorFlowLibrary } from './native/find-tensorflow.js';
export { accelerateWasm, type WasmAcceleration, type WasmOptions } from './wasm/accelerate.js';
