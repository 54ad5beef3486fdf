export type { RewardFunction, RewardInput, RewardResult } from '@cppo/grpo';
export { encodePng, type Perturbation, type RgbImage } from '@cppo/perturb';
export { QwenPolicy } from '@cppo/policy-qwen';
export { type RunOutcome, type StepMetrics, UserError } from '@cppo/run';
export type {
  ComponentSpec,
  DetectionInput,
  Detector,
  ExtraTerm as LossTerm,
  LoadingFor,
  LoggedRun,
  PolicyFamily,
  PolicyLoader,
  PolicyLoadOptions,
  PolicyPart,
  PromptEncoder,
  RunLogger,
  Sampler,
  SamplerPrompt,
  SamplerRequest,
  TokenDistance,
  TrainedPolicy,
} from './components/index.js';
export type { Arithmetic, NumberType, WeightFormat } from './config/arithmetic.js';
export { type ConfigSources, type LoadedConfig, loadConfig } from './config/load.js';
export { presets } from './config/presets.js';
export { type Config, type ConfigInput, configSchema } from './config/schema.js';
export type { Gate } from './cppo/gated.js';
export { type CppoOptions, cppoTerm, type PerceivedTokens } from './cppo/term.js';
export type { PlacedSample, SampleSet, SampleSource } from './samples/source.js';
