import type { PromptSize } from '../contract/capacity.js';
import type { Encoded, TrainedPolicy } from '../contract/policy.js';
import { mostAtOnce } from '../memory/most-at-once.js';
import { inParts } from '../step/in-parts.js';
import type { AskedModel, Use } from './asked-model.js';

/** A model that is asked many questions, as many at a time as its memory allows. */
export interface Answering<P extends Encoded, Format extends string> {
  readonly policy: TrainedPolicy<P, Format>;
  /** For `evaluate`. */
  readonly generator: Pick<TrainedPolicy<P>, 'generate'>;
}

/** Questions that `evaluate` asks at once. */
const BATCH = 16;

/**
 * Loads a model to answer questions.
 *
 * @param model   that was opened.
 * @param prompt  the largest of the questions, as far as it is known.
 * @param answers to each question: how many, and of how many tokens at most.
 * @returns the policy, and a generator that asks it as many questions at a time as the memory allows.
 * @throws UserError when not even the answers to one question fit.
 */
export async function loadToAnswer<P extends Encoded, Format extends string>(
  model: AskedModel<P, Format>,
  prompt: PromptSize,
  { samples, maxTokens }: { readonly samples: number; readonly maxTokens: number },
): Promise<Answering<P, Format>> {
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
