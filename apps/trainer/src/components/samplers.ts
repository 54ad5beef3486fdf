import { noiseStrength, noisyRollout, rollout } from '@cppo/grpo';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import {
  checkedSampler,
  type Sampler as SamplerOf,
  type SamplerPrompt as SamplerPromptOf,
  type SamplerRequest as SamplerRequestOf,
} from '@cppo/training';
import { z } from 'zod';
import type { Config } from '../config/schema.js';
import { type BuiltIn, type ComponentKind, component, optionsOf, without } from './component.js';
import { diffusionNoise } from './diffusion-noise.js';

/** A prompt that a sampler is to answer. */
export type SamplerPrompt = SamplerPromptOf<EncodedPrompt>;

/** What a sampler is asked for. */
export type SamplerRequest = SamplerRequestOf<EncodedPrompt>;

/** Samples completions: one group for each prompt, in their order, each with ℓ_old under the clean prompt. */
export type Sampler = SamplerOf<EncodedPrompt>;

const noisyOptions = z.strictObject({
  share: z.number().gt(0).max(1).default(0.5),
  strength: z.number().positive().max(1000).default(500),
  midpoint: z.number().min(0).max(1).default(0.5),
  sharpness: z.number().positive().default(30),
});

export const samplers: BuiltIn<Sampler> = {
  group: without(rollout),
  noisy: (options, key) => noisy(optionsOf(key, noisyOptions, options)),
};

const kind: ComponentKind<Sampler> = {
  expected: 'a function ({policy, prompts, completions, …}) that gives a group for each prompt',
  accepts: (value) => typeof value === 'function',
  watch: checkedSampler,
  builtIn: samplers,
};

export function samplerOf({ rollout: { sampler } }: Config): Promise<Sampler> {
  return component('rollout.sampler', sampler, kind);
}

/** NoisyRollout (arXiv:2504.13055): a share of each group from a noised picture, the noise fading over the run. */
function noisy({ share, strength, midpoint, sharpness }: z.output<typeof noisyOptions>): Sampler {
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
