export { chooseLoggers } from './loggers.js';
export { detectorOf, distanceOf } from './perception.js';
export type {
  Arithmetic,
  LoadingFor,
  PolicyFamily,
  PolicyLoader,
  PolicyLoadOptions,
  PromptEncoder,
  TrainedPolicy,
} from './policy.js';
export { policies, policyFamily } from './policy-family.js';
export { rewardOf } from './reward.js';
export {
  type SampleCompletions,
  type Sampler,
  type SamplerPrompt,
  type SamplerRequest,
  samplerOf,
} from './samplers.js';
export { type ExtraTerm, extraTerms } from './terms.js';
export { viewPreset } from './views.js';
