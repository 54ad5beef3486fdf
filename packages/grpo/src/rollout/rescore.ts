import type { StepContext } from '../loss-term.js';
import type { Group, Scorer } from '../policy.js';
import { scoreBatch } from '../terms/score-batch.js';

/**
 * Gives completions log-probabilities that the trainer computed, under the group's own prompt: ℓ_old for completions
 * sampled by another engine, by older weights or from another image. What the sampler recorded stays beside them as
 * `sampledLogProbs`, and `policyTerm({ importance })` corrects for the difference. Call it before the first update.
 */
export async function rescore<P, G extends Group<P>>(
  scorer: Scorer<P>,
  groups: readonly G[],
  context: Partial<StepContext> = {},
): Promise<G[]> {
  const scored = await scoreBatch(scorer, groups, context);
  return groups.map((group, index) => ({
    ...group,
    completions: group.completions.map((completion, i) => ({
      ...completion,
      logProbs: scored[index]![i]!.logProbs,
      sampledLogProbs: completion.sampledLogProbs ?? completion.logProbs,
    })),
  }));
}
