import { rollout } from '@cppo/grpo';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import {
  augmentedSampler,
  type BuiltIn,
  type ComponentKind,
  type ComponentSpec,
  checkedSampler,
  component,
  componentSchema,
  noisySampler,
  optionsOf,
  perturbation,
  perturbations,
  type Sampler as SamplerOf,
  type SamplerPrompt as SamplerPromptOf,
  type SamplerRequest as SamplerRequestOf,
  without,
} from '@cppo/training';
import { z } from 'zod';

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

const augmentedOptions = z.strictObject({
  view: componentSchema(perturbations, './my-perturbation.ts').default('rotate'),
  share: z.number().gt(0).max(1).default(1),
});

export const samplers: BuiltIn<Sampler> = {
  group: without(rollout),
  noisy: (options, key) => noisySampler(optionsOf(key, noisyOptions, options)),
  augmented: async (options, key) => {
    const { view, share } = optionsOf(key, augmentedOptions, options);
    return augmentedSampler({ view: await perturbation(`${key}.view`, view), share });
  },
};

const kind: ComponentKind<Sampler> = {
  expected: 'a function ({policy, prompts, completions, …}) that gives a group for each prompt',
  accepts: (value) => typeof value === 'function',
  watch: checkedSampler,
  builtIn: samplers,
};

export function samplerOf(spec: ComponentSpec): Promise<Sampler> {
  return component('rollout.sampler', spec, kind);
}
