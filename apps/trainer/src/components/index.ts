export { type ComponentKind, component, optionsOf } from './component.js';
export { type Components, chooseComponents } from './components.js';
export type { LoggedRun, RunLogger } from './loggers.js';
export { type OpenedEncoder, openEncoder } from './open-encoder.js';
export type {
  LoadingFor,
  PolicyFamily,
  PolicyLoader,
  PolicyLoadOptions,
  PolicyPart,
  PromptEncoder,
  TrainedPolicy,
} from './policy.js';
export { policies, policyFamily } from './policy-family.js';
export { rewardOf } from './reward.js';
export type { Sampler, SamplerPrompt, SamplerRequest } from './samplers.js';
export { type ComponentSpec, componentSchema } from './spec.js';
export type { ExtraTerm } from './terms.js';
