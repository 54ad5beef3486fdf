import { requireNames } from '@cppo/checked-options';
import type { Completion, Group, Policy } from '../policy.js';
import { scoreBatch } from '../terms/score-batch.js';
import { type RolloutOptions, rollout, rolloutNames } from './rollout.js';

export interface NoisyRolloutOptions<P> extends RolloutOptions<P> {
  readonly policy: Pick<Policy<P>, 'generate' | 'score'>;
  /** Of G, the completions sampled from the distorted image. The published recipe takes half. */
  readonly noisy: number;
  /** Name of the view with the distorted image. */
  readonly view: string;
  /** Groups scored at one time. Default all. */
  readonly microBatch?: number;
}

/**
 * Samples some completions from a distorted image and trains all of them under the clean one, so that a group
 * explores more (NoisyRollout, arXiv:2504.13055).
 *
 * ℓ_old of a noisy completion is computed under the clean prompt. The sampler's own log-probabilities are
 * dropped: an importance weight would undo the exploration.
 *
 * @param options those of `rollout`, how many completions are noisy, and the view they are sampled from.
 * @returns one group per prompt; its last `noisy` completions are sampled from the view.
 * @throws RangeError when `noisy` is not between 0 and G, or a prompt lacks the view.
 * @example
 * const answer = (text) => ({ tokens: [1], logProbs: [-0.1], text, truncated: false });
 * const policy = {
 *   generate: async (images, { completions }) =>
 *     images.map((image) => Array(completions).fill(answer(image))),
 *   score: () => ({ logProbs: tf.tensor2d([[-0.7]]), entropies: tf.tensor2d([[0.9]]) }),
 * };
 * const prompts = [{ id: 'a', prompt: 'clean', views: { noisy: 'distorted' } }];
 * const sampling = { policy, prompts, completions: 2, maxTokens: 1, seed: 0 };
 * const [group] = await noisyRollout({ ...sampling, noisy: 1, view: 'noisy' });
 * group.completions.map(({ text }) => text); // ['clean', 'distorted']
 * group.completions.map(({ logProbs }) => logProbs); // [[-0.1], [-0.7]]
 */
export async function noisyRollout<P>(options: NoisyRolloutOptions<P>): Promise<Group<P>[]> {
  requireNames('noisyRollout', options, { ...rolloutNames, noisy: true, view: true, microBatch: true });
  const { noisy, view, microBatch, ...plain } = options;
  const { policy, prompts, completions, temperature = 1, seed } = options;
  if (!Number.isInteger(noisy) || noisy < 0 || noisy > completions) {
    throw new RangeError(
      `noisyRollout: noisy is ${noisy}; expected a whole number from 0 to ${completions}.`,
    );
  }
  const distorted = prompts.map((prompt) => {
    const found = prompt.views?.[view];
    if (found === undefined) {
      throw new RangeError(`noisyRollout: prompt "${prompt.id}" has no view named "${view}".`);
    }
    return { id: prompt.id, prompt: found };
  });
  const none: Completion[] = [];
  const clean =
    noisy === completions
      ? prompts.map((prompt) => ({ ...prompt, completions: none }))
      : await rollout({ ...plain, completions: completions - noisy });
  if (noisy === 0) return clean;
  // Another seed than the clean ones': on an image that the distortion left alone they would be the same completions.
  const sampled = await rollout({ ...plain, prompts: distorted, completions: noisy, seed: seed + 1 });
  const asClean = sampled.map((group, index) => ({ ...group, prompt: prompts[index]!.prompt }));
  const scored = await scoreBatch(policy, asClean, { temperature, ...(microBatch && { microBatch }) });
  return clean.map((group, index) => ({
    ...group,
    completions: [
      ...group.completions,
      ...asClean[index]!.completions.map((completion, i) => ({
        ...completion,
        logProbs: scored[index]![i]!.logProbs,
      })),
    ],
  }));
}

export interface NoiseStrengthOptions {
  /** α₀. */
  readonly start: number;
  /** t_max, steps of the run. */
  readonly steps: number;
  /** γ, the step at which half is left. Default half of the steps. */
  readonly midpoint?: number;
  /** λ. Default 30. */
  readonly sharpness?: number;
}

/**
 * Anneals the strength of the distortion over a run (NoisyRollout, arXiv:2504.13055, eq. 4): near `start` at
 * first, near 0 at the end.
 *
 *   α_t = α₀ · (1 − 1 / (1 + e^{−λ·(t − γ)/t_max}))
 *
 * @param step t, from 0.
 * @param options α₀, t_max, γ and λ.
 * @returns α_t, in the unit of `start`.
 * @throws RangeError when an option is unknown.
 * @example
 * noiseStrength(30, { start: 500, steps: 60 }); // 250
 */
export function noiseStrength(step: number, options: NoiseStrengthOptions): number {
  requireNames('noiseStrength', options, { start: true, steps: true, midpoint: true, sharpness: true });
  const { start, steps, midpoint = steps / 2, sharpness = 30 } = options;
  return start * (1 - 1 / (1 + Math.exp((-sharpness * (step - midpoint)) / steps)));
}
