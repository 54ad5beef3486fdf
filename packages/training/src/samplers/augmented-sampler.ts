import { requireNames } from '@cppo/checked-options';
import { rollout } from '@cppo/grpo';
import { type Perturbation, seededRandom } from '@cppo/perturb';
import type { Encoded } from '../contract/policy.js';
import type { SampleCompletions } from '../contract/sampler.js';

export interface AugmentedSamplerOptions {
  /** An information-preserving perturbation. */
  readonly view: Perturbation;
  /** Share of the prompts that are shown through it; the others as they are. */
  readonly share: number;
}

/**
 * Augmented training (Vision Matters, arXiv:2506.09736): answers are sampled from a perturbed picture, and trained on under that
 * same picture. Unlike NoisyRollout, ℓ_old and the gradient use the picture that was answered, so the update stays on-policy.
 *
 * @param options the view, and the share of prompts shown through it, in (0, 1].
 * @returns what samples; its groups carry the prompt that was answered.
 */
export function augmentedSampler<P extends Encoded>(options: AugmentedSamplerOptions): SampleCompletions<P> {
  requireNames('augmentedSampler', options, { view: true, share: true });
  const { view, share } = options;
  return async (request) => {
    const prompts = request.prompts.map(({ id, prompt, under }) => {
      const drawn = seededRandom(request.seed, 'augmented', id).next() < share;
      return { id, prompt: drawn ? under(view) : prompt };
    });
    return rollout({ ...request, prompts });
  };
}
