export type { PictureCodec } from '../contract/codec.js';
export type { Components, ExtraTerm, StepParts } from '../contract/parts.js';
export type {
  Encoded,
  PixelBounds,
  PromptEncoder,
  PromptInput,
  PromptPart,
  SamplingOptions,
  TrainedPolicy,
} from '../contract/policy.js';
export type {
  SampleCompletions,
  Sampler,
  SamplerComparison,
  SamplerPrompt,
  SamplerRequest,
  SamplerWeights,
  ShownPrompt,
} from '../contract/sampler.js';
export type { PlacedSample, SampleSource } from '../contract/samples.js';
export type {
  CppoSettings,
  ObjectiveSettings,
  RolloutSettings,
  StepSettings,
  UpdateSettings,
} from '../contract/settings.js';
export type { PictureSettings, Showing } from '../contract/showing.js';
export { type AskedPrompt, answering, asAnswers, encodePrompt } from '../prompts/encode-prompt.js';
export { asDataUrl, bounded, decoding } from '../prompts/pictures.js';
export { type Prompt, preparePrompt } from '../prompts/prepare-prompt.js';
export { shownPicture } from '../prompts/shown-picture.js';
export {
  drawViews,
  type PerturbedPrompt,
  type PromptViews,
  perturbedPrompt,
  viewNames,
} from '../prompts/views.js';
export { heldOutSeed } from '../samples/builtin.js';
export { type ModelNotes, readNotes } from '../samples/model-notes.js';
export { type Settled, settle, type Wish } from '../samples/settle-showing.js';
export { inParts } from './in-parts.js';
export { notFiniteReason } from './not-finite-reason.js';
export { learningRateAt, type ObjectiveParts, type OnTokens, objectiveTerms } from './objective.js';
export { PhaseClock } from './phase-clock.js';
export type { JudgedPrompt, RolledOut, Rollout } from './rollouts.js';
export { SampledAhead, type SampledPrompts } from './sampled-ahead.js';
export { rollOut, runStep, update } from './step.js';
export type { StepResult } from './summary.js';
