export type {
  Arithmetic,
  ExtraTerm,
  LoadingFor,
  PolicyFamily,
  PolicyLoader,
  PolicyLoadOptions,
  PromptEncoder,
  TrainedPolicy,
} from './policy.js';
export { policies, policyFamily } from './policy-family.js';
export {
  type SampleCompletions,
  type Sampler,
  type SamplerPrompt,
  type SamplerRequest,
  samplerOf,
} from './samplers.js';
