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

/** Samples completions: one group for each prompt, in their order, each with ℓ_old under the clean prompt. */
export type Sampler<P extends Encoded> = (
  request: SamplerRequest<P>,
) => Promise<readonly Pick<Group<P>, 'completions'>[]>;
