import type { Group, RolloutPrompt } from '@cppo/grpo';
import type { Perturbation } from '@cppo/perturb';
import type { Encoded, PromptInput, TrainedPolicy } from './policy.js';

/** A prompt as it was said: what a sampler that has an encoder of its own is given. */
export interface ShownPrompt extends Pick<PromptInput, 'messages' | 'continueFinalMessage'> {
  /** PNG files in the size in which the model sees them, in the order of the image parts. */
  readonly pictures: readonly Uint8Array[];
}

/** A prompt that a sampler is to answer. */
export interface SamplerPrompt<P> extends RolloutPrompt<P> {
  /** The same prompt with other pictures; drawn from (run seed, sample id, epoch). */
  under(perturbation: Perturbation): P;
  /** Its text and pictures. */
  shown(): Promise<ShownPrompt>;
}

export interface SamplerRequest<P extends Encoded> {
  /** Samples at `topK` and `topP` of the settings, whatever is requested. */
  readonly policy: Pick<TrainedPolicy<P>, 'generate' | 'score' | 'tokenizer'>;
  readonly prompts: readonly SamplerPrompt<P>[];
  /** G, completions a prompt. */
  readonly completions: number;
  readonly maxTokens: number;
  readonly temperature: number;
  /** A function of the run's seed and the step. */
  readonly seed: number;
  /** Groups scored at one time. */
  readonly microBatch: number;
  /** Counts from 1. */
  readonly step: number;
  /** Of the whole run. */
  readonly steps: number;
  /** Aborts when the run was asked to stop; the promise then rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** What a sampler gives for a prompt. */
export interface SampledGroup<P> extends Pick<Group<P>, 'completions'> {
  /** The prompt under which its log-probabilities stand and which is trained on; the clean one when left out. */
  readonly prompt?: P;
}

/** Samples completions: one group for each prompt, in their order, each with ℓ_old under the prompt that is trained on. */
export type SampleCompletions<P extends Encoded> = (
  request: SamplerRequest<P>,
) => Promise<readonly SampledGroup<P>[]>;

/** Weights of the policy that a sampler is to sample with from now on. */
export interface SamplerWeights {
  /** Steps that they have behind them. */
  readonly version: number;
  /** Writes the adapters in PEFT's format into a directory that is not there yet. */
  saveAdapters(directory: string): Promise<void>;
}

/** How far log-probabilities of a sampler elsewhere are from the policy's, of the same tokens. */
export interface SamplerComparison {
  /** mean |ℓ_policy − ℓ_sampler| over all tokens, nats. */
  readonly difference: number;
  /** Whether all of them were sampled with the policy's present weights. */
  readonly current: boolean;
  /** Computes the difference from what the policy gives at temperature 1, with one more pass. */
  untempered(): Promise<number>;
}

/** What samples completions, over the life of a run. */
export interface Sampler<P extends Encoded> {
  readonly sample: SampleCompletions<P>;
  /**
   * It samples on another engine, with weights that it was handed: ℓ_old is computed by the policy, the sampler's own
   * log-probabilities serve importance weights, and sampling may run beside an update (`rollout.ahead`). Default false.
   */
  readonly elsewhere?: boolean;
  /** Called before anything heavy; throws when it will not be able to sample. */
  open?(): Promise<void>;
  /** Called before the first sampling, and after each step. */
  weightsChanged?(weights: SamplerWeights): Promise<void>;
  /** Called when completions from elsewhere were scored by the policy; throws when they cannot be of its weights. */
  compared?(comparison: SamplerComparison): void | Promise<void>;
  /** Called at the end of a run, however it ends. */
  close?(): Promise<void>;
}
