import type { Completion, EncodedPrompt, GenerateOptions, PromptSize } from '@cppo/policy-qwen';
import { inParts, mostAtOnce } from '@cppo/training';
import type { TrainedPolicy } from '../components/index.js';
import type { KnownModel, Use } from './open-model.js';

/** A model that is asked many questions, as many at a time as its memory allows. */
export interface Answering {
  readonly policy: TrainedPolicy;
  /** For `evaluate`. */
  readonly generator: {
    generate(prompts: readonly EncodedPrompt[], options: GenerateOptions): Promise<Completion[][]>;
  };
}

/** Questions that `evaluate` asks at once. */
const BATCH = 16;

/**
 * Loads a model to answer questions.
 *
 * @param prompt the largest of them, as far as it is known.
 * @throws UserError when not even the answers to one question fit.
 */
export async function loadToAnswer(
  model: KnownModel,
  prompt: PromptSize,
  { samples, maxTokens }: { readonly samples: number; readonly maxTokens: number },
): Promise<Answering> {
  const use = (prompts: number): Use => ({
    prompt,
    sampling: { prompts, completions: samples, tokens: maxTokens },
  });
  const atOnce = mostAtOnce(BATCH, (prompts) => model.fits(use(prompts)));
  const policy = await model.load(use(atOnce));
  return {
    policy,
    generator: {
      generate: (prompts, options) =>
        inParts(prompts, atOnce, options, (part, seeded) => policy.generate(part, seeded)),
    },
  };
}
