export { EngineError } from './engine-error.js';
export {
  type EngineSampler,
  type EngineSamplerOptions,
  engineSampler,
  engineSamplerSchema,
} from './engine-sampler.js';
export { promptSeed } from './prompt-seed.js';
export type {
  Comparison,
  EngineCompletion,
  KnownTokens,
  NewWeights,
  PromptToAnswer,
  SamplingRequest,
  ShownPrompt,
} from './sampling.js';
