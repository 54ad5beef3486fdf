export { type ComponentKind, component, optionsOf } from './component.js';
export { type Components, chooseComponents } from './components.js';
export type { LoggedRun, RunLogger } from './loggers.js';
export type { PolicyLoader, PolicyLoadOptions, TrainedPolicy } from './policy.js';
export { rewardOf } from './reward.js';
export type { Sampler, SamplerPrompt, SamplerRequest } from './samplers.js';
export type { ComponentSpec } from './spec.js';
export type { ExtraTerm } from './terms.js';
