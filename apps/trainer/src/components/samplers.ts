import { EngineError, type EngineSampler, engineSampler, engineSamplerSchema } from '@cppo/engine-sampler';
import { rollout } from '@cppo/grpo';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import { RunStopped, UserError } from '@cppo/run';
import {
  augmentedSampler,
  type BuiltIn,
  type ComponentKind,
  type ComponentSpec,
  checkedSampler,
  component,
  componentSchema,
  hasMethods,
  noisySampler,
  optionsOf,
  perturbation,
  perturbations,
  type SampleCompletions as SampleCompletionsOf,
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
export type SampleCompletions = SampleCompletionsOf<EncodedPrompt>;

/** What samples completions, over the life of a run. */
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

export const samplers: BuiltIn<Sampler | SampleCompletions> = {
  group: without(rollout),
  noisy: (options, key) => noisySampler(optionsOf(key, noisyOptions, options)),
  augmented: async (options, key) => {
    const { view, share } = optionsOf(key, augmentedOptions, options);
    return augmentedSampler({ view: await perturbation(`${key}.view`, view), share });
  },
  engine: (options, key) => {
    const apiKey = process.env.CPPO_SAMPLER_KEY;
    return inRun(
      engineSampler({ ...optionsOf(key, engineSamplerSchema, options), ...(apiKey && { apiKey }) }),
      key,
    );
  },
};

const kind: ComponentKind<Sampler | SampleCompletions> = {
  expected:
    'a function ({policy, prompts, completions, …}) that gives a group for each prompt, or an object with such a function as sample',
  accepts: (value) => typeof value === 'function' || hasMethods(value, 'sample'),
  watch: checkedSampler,
  builtIn: samplers,
};

export async function samplerOf(spec: ComponentSpec): Promise<Sampler> {
  const chosen = await component('rollout.sampler', spec, kind);
  return typeof chosen === 'function' ? { sample: chosen } : chosen;
}

/** Says of what goes wrong whether the configuration is at fault, or a run can go on later. */
function inRun(engine: EngineSampler, key: string): Sampler {
  const stopped = (error: unknown): unknown =>
    error instanceof EngineError
      ? new RunStopped(`${key}: ${error.message}; progress is kept: go on with --resume.`)
      : error;
  const orStop = (work: Promise<void>) =>
    work.catch((error: unknown) => {
      throw stopped(error);
    });
  return {
    ...engine,
    open: () =>
      engine.open().catch((error: Error) => {
        throw new UserError(`${key}: ${error.message}.`);
      }),
    weightsChanged: (weights) => orStop(engine.weightsChanged(weights)),
    sample: (request) =>
      engine.sample(request).catch((error: unknown) => {
        throw stopped(error);
      }),
    compared: (comparison) => orStop(engine.compared(comparison)),
  };
}
