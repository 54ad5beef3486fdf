import type { Group } from '@cppo/grpo';
import { type Perturbation, seededRandom } from '@cppo/perturb';
import { UserError } from '@cppo/run/errors';
import type { Encoded } from '../contract/policy.js';
import { asAnswers } from '../prompts/encode-prompt.js';
import { shownPrompt } from '../prompts/shown-prompt.js';
import { perturbedPrompt } from '../prompts/views.js';
import { type Draw, groupId } from './draw.js';
import { given } from './given.js';
import { inParts } from './in-parts.js';
import type { PlacedPrompt } from './read-prompts.js';

/**
 * Samples the completions of some prompts, a group for each in their order.
 *
 * @param attempt 0 for the step's own prompts; others draw from seeds of their own.
 * @throws UserError when the sampler gives a prompt no completions.
 */
export async function sampleGroups<P extends Encoded>(
  { parts, step, signal, perturbed }: Draw<P>,
  attempt: number,
  placed: readonly PlacedPrompt<P>[],
): Promise<Group<P>[]> {
  if (placed.length === 0) return [];
  const { config, policy, components, codec } = parts;
  const { completions, maxTokens, temperature, topK, topP, batch = placed.length } = config.rollout;
  const asked = placed.map(({ prompt }) => ({
    id: groupId(prompt, attempt),
    prompt: prompt.encoded,
    under: (perturbation: Perturbation) => {
      const { encoded, images } = perturbedPrompt(policy, prompt, perturbation, config.seed);
      perturbed.set(encoded, images);
      return encoded;
    },
    shown: () => shownPrompt(policy, prompt, codec),
  }));
  const seed = attempt === 0 ? [config.seed, 'sampling', step] : [config.seed, 'sampling', step, attempt];
  const elsewhere = new Map<object, number>(placed.map((each) => [each.prompt.encoded, each.elsewhere]));
  const groups = await components.sampler.sample({
    policy: {
      generate: (encoded, options) =>
        inParts(encoded, batch, { ...options, ...given({ topK, topP, signal }) }, (part, seeded) =>
          policy.generate(part, { ...seeded, ...occurrencesOf(part, elsewhere) }),
        ),
      score: (requests, options) => policy.score(requests, options),
      tokenizer: policy.tokenizer,
    },
    prompts: asked,
    completions,
    maxTokens,
    temperature,
    seed: seededRandom(...seed).bits() >>> 0,
    microBatch: config.microBatch,
    step,
    steps: config.steps,
    ...given({ signal }),
  });
  return asked.map(({ id, prompt }, i) => {
    const { completions: found, prompt: trained = prompt } = groups?.[i] ?? {};
    if (!Array.isArray(found) || found.length === 0) {
      throw new UserError(
        `rollout.sampler: found no completions for prompt ${i} of ${asked.length}, expected a group for each.`,
      );
    }
    const [answers] = asAnswers([prompt], [found]);
    return { id, prompt: trained, completions: answers! };
  });
}

function occurrencesOf(
  prompts: readonly object[],
  elsewhere: ReadonlyMap<object, number>,
): { readonly occurrences?: readonly number[] } {
  const occurrences = prompts.map((prompt) => elsewhere.get(prompt) ?? 0);
  return occurrences.some((count) => count > 0) ? { occurrences } : {};
}
