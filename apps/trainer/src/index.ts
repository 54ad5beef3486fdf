export {
  type CppoOptions,
  cppoTerm,
  type DetectionInput,
  type Detector,
  type Gate,
  type PerceivedTokens,
  type TokenDistance,
} from '@cppo/cppo';
export type { RewardFunction, RewardInput, RewardResult } from '@cppo/grpo';
export { encodePng, type Perturbation, type RgbImage } from '@cppo/perturb';
export { type NumberType, QwenPolicy, type WeightFormat } from '@cppo/policy-qwen';
export type { PartialReward, RewardPartFunction } from '@cppo/reward';
export { type RunOutcome, type StepMetrics, UserError } from '@cppo/run';
export type { ComponentSpec, PlacedSample, PolicyPart, SampleSet, SampleSource } from '@cppo/training';
export type {
  Arithmetic,
  ExtraTerm as LossTerm,
  LoadingFor,
  PolicyFamily,
  PolicyLoader,
  PolicyLoadOptions,
  PromptEncoder,
  SampleCompletions,
  Sampler,
  SamplerPrompt,
  SamplerRequest,
  TrainedPolicy,
} from './components/index.js';
export { type ConfigSources, type LoadedConfig, loadConfig } from './config/load.js';
export { presets } from './config/presets.js';
export { type Config, type ConfigInput, configSchema } from './config/schema.js';
export type { LoggedRun, RunLogger } from './session/logged-run.js';
