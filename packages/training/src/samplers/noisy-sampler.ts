import { requireNames } from '@cppo/checked-options';
import { noiseStrength, noisyRollout } from '@cppo/grpo';
import type { Encoded } from '../contract/policy.js';
import type { SampleCompletions } from '../contract/sampler.js';
import { diffusionNoise } from './diffusion-noise.js';

export interface NoisySamplerOptions {
  /** Share of a group that is sampled from the noised picture. */
  readonly share: number;
  /** Steps of diffusion at the start of the run; see `diffusionNoise`. */
  readonly strength: number;
  /** Share of the run after which half of the noise is gone. */
  readonly midpoint: number;
  /** How suddenly it goes. */
  readonly sharpness: number;
}

/**
 * Samples a share of each group from a noised picture, with noise that fades over the run (NoisyRollout,
 * arXiv:2504.13055).
 *
 * @param options the share, and the schedule of the noise.
 * @returns what samples.
 * @throws RangeError for an unknown option.
 */
export function noisySampler<P extends Encoded>(options: NoisySamplerOptions): SampleCompletions<P> {
  requireNames('noisySampler', options, { share: true, strength: true, midpoint: true, sharpness: true });
  const { share, strength, midpoint, sharpness } = options;
  return (request) => {
    const { policy, prompts, completions, maxTokens, temperature, seed, microBatch, step, steps } = request;
    const noise = diffusionNoise(
      noiseStrength(step - 1, { start: strength, steps, midpoint: midpoint * steps, sharpness }),
    );
    return noisyRollout({
      ...{ policy, completions, maxTokens, temperature, seed, microBatch },
      prompts: prompts.map((prompt) => ({ ...prompt, views: { noisy: prompt.under(noise) } })),
      noisy: Math.round(share * completions),
      view: 'noisy',
    });
  };
}
