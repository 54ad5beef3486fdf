import type { Group, RolloutPrompt } from '@cppo/grpo';
import type { Perturbation } from '@cppo/perturb';
import type { Encoded, TrainedPolicy } from './policy.js';

/** A prompt that a sampler is to answer. */
export interface SamplerPrompt<P> extends RolloutPrompt<P> {
  /** The same prompt with other pictures; drawn from (run seed, sample id, epoch). */
  under(perturbation: Perturbation): P;
}

export interface SamplerRequest<P extends Encoded> {
  /** Samples at `topK` and `topP` of the settings, whatever is requested. */
  readonly policy: Pick<TrainedPolicy<P>, 'generate' | 'score'>;
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
}

/** What a sampler gives for a prompt. */
export interface SampledGroup<P> extends Pick<Group<P>, 'completions'> {
  /** The prompt under which its log-probabilities stand and which is trained on; the clean one when left out. */
  readonly prompt?: P;
}

/** Samples completions: one group for each prompt, in their order, each with ℓ_old under the prompt that is trained on. */
export type Sampler<P extends Encoded> = (request: SamplerRequest<P>) => Promise<readonly SampledGroup<P>[]>;
