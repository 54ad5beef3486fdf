import { noiseStrength, noisyRollout, rollout } from '@cppo/grpo';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import type {
  Sampler as SamplerOf,
  SamplerPrompt as SamplerPromptOf,
  SamplerRequest as SamplerRequestOf,
} from '@cppo/training';
import { z } from 'zod';
import type { Config } from '../config/schema.js';
import type { Blame } from './blame.js';
import { wrongCompletions } from './completions-check.js';
import { aKind, type BuiltIn, type ComponentKind, component, optionsOf, without } from './component.js';
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

function checkedSampler(sampler: Sampler, blame: Blame): Sampler {
  return async (request) => {
    const expected = `a list with {completions} for each of the ${request.prompts.length} prompts`;
    const groups: unknown = await blame.later('it', () => sampler(request));
    if (!Array.isArray(groups)) throw blame.wrong('it', aKind(groups), expected);
    if (groups.length !== request.prompts.length) throw blame.wrong('it', aKind(groups), expected);
    for (const [i, group] of groups.entries()) {
      const wrong = wrongCompletions(group?.completions);
      if (wrong !== undefined) throw blame.wrong('it', `${wrong.found} for prompt ${i}`, wrong.expected);
    }
    return groups;
  };
}
