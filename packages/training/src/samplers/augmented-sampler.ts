import { rollout } from '@cppo/grpo';
import { type Perturbation, seededRandom } from '@cppo/perturb';
import type { Encoded } from '../contract/policy.js';
import type { Sampler } from '../contract/sampler.js';

export interface AugmentedSamplerOptions {
  /** An information-preserving perturbation. */
  readonly view: Perturbation;
  /** Share of the prompts that are shown through it; the others as they are. */
  readonly share: number;
}

/**
 * Augmented training (Vision Matters, arXiv:2506.09736): answers are sampled from a perturbed picture, and trained on under that
 * same picture. Unlike NoisyRollout's, ℓ_old and gradient see what the answer was given to, so the update stays on-policy.
 */
export function augmentedSampler<P extends Encoded>({ view, share }: AugmentedSamplerOptions): Sampler<P> {
  return async (request) => {
    const prompts = request.prompts.map(({ id, prompt, under }) => {
      const drawn = seededRandom(request.seed, 'augmented', id).next() < share;
      return { id, prompt: drawn ? under(view) : prompt };
    });
    return rollout({ ...request, prompts });
  };
}
