import { type Completion, type Group, rescore } from '@cppo/grpo';
import type { Encoded } from '../contract/policy.js';
import type { SamplerComparison } from '../contract/sampler.js';
import type { Draw } from './draw.js';

/**
 * Gives completions that were sampled elsewhere the policy's own log-probabilities: ℓ_old, before the update. The sampler's stay
 * beside them for importance weights.
 *
 * @param draw of the step.
 * @param groups as they were sampled; those of the policy itself come back as they are.
 * @throws whatever the sampler throws when the two are too far apart.
 */
export async function scoredByPolicy<P extends Encoded>(
  { parts, step }: Draw<P>,
  groups: readonly Group<P>[],
): Promise<readonly Group<P>[]> {
  const { policy, config, components } = parts;
  const { sampler } = components;
  if (sampler.elsewhere !== true || groups.length === 0) return groups;
  const { microBatch, rollout } = config;
  const scoredAt = async (temperature: number) => {
    const rescored = await rescore<P, Group<P>>(policy, groups, { microBatch, temperature });
    return {
      rescored,
      ...compareWithSampler(
        step,
        rescored.flatMap(({ completions }) => completions),
      ),
    };
  };
  const { rescored: scored, ...compared } = await scoredAt(rollout.temperature);
  await sampler.compared?.({ ...compared, untempered: async () => (await scoredAt(1)).difference });
  return scored;
}

/**
 * Compares the policy's log-probabilities with the sampler's.
 *
 *   difference = mean |ℓ_policy − ℓ_sampler|   over all tokens whose ℓ_sampler is known
 *
 * @param step from 1; its weights have one step less behind them.
 * @param completions rescored; those without the sampler's log-probabilities do not count.
 */
export function compareWithSampler(
  step: number,
  completions: readonly Pick<Completion, 'logProbs' | 'sampledLogProbs' | 'version'>[],
): Pick<SamplerComparison, 'difference' | 'current'> {
  let sum = 0;
  let tokens = 0;
  for (const { logProbs, sampledLogProbs } of completions) {
    for (const [i, sampled] of (sampledLogProbs ?? []).entries()) {
      if (Number.isNaN(sampled)) continue;
      sum += Math.abs((logProbs[i] ?? Number.NaN) - sampled);
      tokens++;
    }
  }
  const current = completions.every(({ version = step - 1 }) => version === step - 1);
  return { difference: tokens === 0 ? 0 : sum / tokens, current };
}

/**
 * What a step says of completions that were sampled elsewhere: how far the sampler's log-probabilities are from the policy's, and
 * how many steps its weights were behind.
 *
 * @param step from 1.
 * @param completions of the step.
 * @returns nothing where the policy itself sampled.
 */
export function samplerFigures(step: number, completions: readonly Completion[]): Record<string, number> {
  const elsewhere = completions.filter(({ sampledLogProbs }) => sampledLogProbs !== undefined);
  if (elsewhere.length === 0) return {};
  const lag = elsewhere.reduce((sum, { version = step - 1 }) => sum + (step - 1 - version), 0);
  return {
    'sampler/difference': compareWithSampler(step, elsewhere).difference,
    'sampler/lag': lag / elsewhere.length,
  };
}
