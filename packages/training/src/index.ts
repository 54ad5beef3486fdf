export { type AskedModel, type ModelToAsk, openToAsk, type Use } from './asking/asked-model.js';
export { type Asking, type AskingOptions, checkTemplate, chooseAsking } from './asking/choose-asking.js';
export { encodeQuestion, tokensOf } from './asking/encode-question.js';
export { finiteScores } from './asking/finite-scores.js';
export { type AnswerToInspect, asPictures, inspectAnswer } from './asking/inspect-answer.js';
export {
  type InspectedPictures,
  inspectPictures,
  type PicturesToInspect,
} from './asking/inspect-pictures.js';
export { type Answering, loadToAnswer } from './asking/load-to-answer.js';
export { readPictures } from './asking/read-pictures.js';
export { chooseLoggers, loggers } from './built-in/loggers.js';
export { papoOptions } from './built-in/papo-options.js';
export { detectorOf, detectors, distanceOf, distances } from './built-in/perception.js';
export { type RewardSettings, type RewardWeights, rewardOf, rewards } from './built-in/reward.js';
export { extraTerms, terms } from './built-in/terms.js';
export { perturbation, perturbations, type ViewSettings, viewPreset } from './built-in/views.js';
export { Blame } from './checked/blame.js';
export { checkedDetector } from './checked/checked-detector.js';
export { checkedDistance, tryDistance } from './checked/checked-distance.js';
export { checkedFamily } from './checked/checked-family.js';
export { checkedLogger } from './checked/checked-logger.js';
export { checkedPerturbation } from './checked/checked-perturbation.js';
export { checkedReward, checkedRewardPart } from './checked/checked-reward.js';
export { checkedSampler } from './checked/checked-sampler.js';
export { checkedSet } from './checked/checked-set.js';
export { checkedTerm } from './checked/checked-term.js';
export { isTensor } from './checked/gradient-check.js';
export { aKind, hasMethods } from './checked/kinds.js';
export { wrongCompletions } from './checked/wrong-completions.js';
export { weightsChecksum } from './cluster/checksum.js';
export { requireSame, type SharedFacts } from './cluster/require-same.js';
export {
  type BuiltIn,
  type ComponentKind,
  component,
  type Options,
  optionsOf,
  without,
} from './components/component.js';
export { readSettingsFile } from './components/read-settings-file.js';
export {
  type ComponentSpec,
  componentSchema,
  isModulePath,
  type ReadSpec,
  readSpec,
} from './components/spec.js';
export type { Arithmetic, Capacity, ModelFootprint, ModelTask, PromptSize } from './contract/capacity.js';
export type { PictureCodec } from './contract/codec.js';
export type {
  LoadingFor,
  PolicyFamily,
  PolicyLoader,
  PolicyLoadOptions,
  PolicyPart,
} from './contract/family.js';
export type { Components, ExtraTerm, Session, StepParts } from './contract/parts.js';
export type {
  AnswerTokenizer,
  Encoded,
  PixelBounds,
  PromptEncoder,
  PromptInput,
  PromptPart,
  SamplingOptions,
  TrainedPolicy,
} from './contract/policy.js';
export type {
  SampleCompletions,
  SampledGroup,
  Sampler,
  SamplerComparison,
  SamplerPrompt,
  SamplerRequest,
  SamplerWeights,
  ShownPrompt,
} from './contract/sampler.js';
export type { PlacedSample, SampleSource } from './contract/samples.js';
export type {
  CppoSettings,
  NotedSettings,
  ObjectiveSettings,
  RolloutSettings,
  StepSettings,
  TrainingSettings,
  UpdateSettings,
} from './contract/settings.js';
export type { PictureSettings, Showing } from './contract/showing.js';
export { isAdapted } from './loop/adapted.js';
export { carryOut, type FinishedRun, type StoppedRun } from './loop/carry-out.js';
export { findCheckpoint, restoreOptimizer, saveTrainingState } from './loop/checkpointing.js';
export { evaluateHeldOut } from './loop/evaluation.js';
export { holdsAdapter } from './loop/holds-adapter.js';
export { asInterrupted, Interrupted, Interruption } from './loop/interruption.js';
export { type LoadedSettings, loadPolicy, openReference } from './loop/load-policy.js';
export { openTrained, type TrainedModel } from './loop/open-trained.js';
export { type HubAccess, type PushTarget, pushModel, pushTarget } from './loop/push-model.js';
export { RunLines } from './loop/run-lines.js';
export { runTraining } from './loop/run-training.js';
export { type FittingRun, refuseWhatCannotFit } from './memory/fit-run.js';
export { type ModelUse, refuseUse, useFootprint } from './memory/fit-use.js';
export { type EngineKind, type Footprint, footprint, parts } from './memory/footprint.js';
export { type KnownModel, knownModelsFit, type ModelFit, modelFitsInWords } from './memory/known-models.js';
export { largestOf } from './memory/largest-of.js';
export { mostAtOnce } from './memory/most-at-once.js';
export { fits, type Room, refuseFormat, warnOfOthers } from './memory/room.js';
export { type FittedSettings, trainingTask } from './memory/training-task.js';
export { gigabytes, inUnits } from './memory/units.js';
export { type PlannedSettings, planRun, type RunToPlan } from './plan/plan-run.js';
export { ByteProgress } from './progress/byte-progress.js';
export { Progress, type ProgressOptions } from './progress/progress.js';
export { SurveyProgress } from './progress/survey-progress.js';
export { type AskedPrompt, answering, asAnswers, encodePrompt } from './prompts/encode-prompt.js';
export { type OpenedEncoder, openEncoder } from './prompts/open-encoder.js';
export { asDataUrl, bounded, decoding } from './prompts/pictures.js';
export { type Prompt, preparePrompt } from './prompts/prepare-prompt.js';
export { shownPicture } from './prompts/shown-picture.js';
export {
  drawViews,
  type PerturbedPrompt,
  type PromptViews,
  perturbedPrompt,
  viewNames,
} from './prompts/views.js';
export { type AugmentedSamplerOptions, augmentedSampler } from './samplers/augmented-sampler.js';
export { diffusionNoise } from './samplers/diffusion-noise.js';
export { type NoisySamplerOptions, noisySampler } from './samplers/noisy-sampler.js';
export { builtinSamples, heldOutSeed, isBuiltIn } from './samples/builtin.js';
export { withGroundTruth } from './samples/ground-truth.js';
export { HiddenDrawings } from './samples/hidden-drawings.js';
export { type ModelNotes, notesOf, readNotes } from './samples/model-notes.js';
export { bareLength, blank, contextOf, pixelsPerToken, type ReadingOptions } from './samples/reading.js';
export {
  type Settled,
  type ShownData,
  settle,
  templateNamed,
  type Wish,
  withSettled,
} from './samples/settle-showing.js';
export { openHeldOutSource, openTrainingSource, type SampleSet, type SampleSpec } from './samples/source.js';
export { inParts } from './step/in-parts.js';
export { withKnownTokens } from './step/known-tokens.js';
export { notFiniteReason } from './step/not-finite-reason.js';
export {
  learningRateAt,
  type ObjectiveParts,
  type OnTokens,
  objectiveTerms,
  perceptionOptions,
} from './step/objective.js';
export { PhaseClock } from './step/phase-clock.js';
export type { JudgedPrompt, RolledOut, Rollout } from './step/rollouts.js';
export { SampledAhead, type SampledPrompts } from './step/sampled-ahead.js';
export { seenSample } from './step/seen-sample.js';
export { rollOut, runStep, update } from './step/step.js';
export type { StepResult } from './step/summary.js';
