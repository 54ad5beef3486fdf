import type { EncodedPrompt, WeightFormat } from '@cppo/policy-qwen';
import type * as training from '@cppo/training';

/** A loss term as the trainer takes it. */
export type ExtraTerm = training.ExtraTerm<EncodedPrompt>;

/** In which numbers a model is held and computed. */
export type Arithmetic = training.Arithmetic<WeightFormat>;

/** What the trainer needs of a model. `QwenPolicy` is one; adapters are asked for only where it has some. */
export type TrainedPolicy = training.TrainedPolicy<EncodedPrompt, WeightFormat>;

/** A model without its weights: it encodes what is asked of it. A policy is one too. */
export type PromptEncoder = training.PromptEncoder<EncodedPrompt>;

/** How it is to be loaded; what is left out of the arithmetic is the policy's to choose. */
export type PolicyLoadOptions = training.PolicyLoadOptions<WeightFormat>;

/** What a loader receives beside its options. */
export type LoadingFor = training.LoadingFor<EncodedPrompt>;

/** Loads a model: `model` of the configuration, or the directory of a checkpoint that the policy itself saved. */
export type PolicyLoader = training.PolicyLoader<EncodedPrompt, WeightFormat>;

/** A family of models: what a configuration's `policy` names. */
export type PolicyFamily = training.PolicyFamily<EncodedPrompt, WeightFormat>;
