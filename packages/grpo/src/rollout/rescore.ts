import type { StepContext } from '../loss-term.js';
import type { Group, Scorer } from '../policy.js';
import { scoreBatch } from '../terms/score-batch.js';

/**
 * Replaces the sampler's log-probabilities by the trainer's, under the group's own prompt: ℓ_old for
 * completions sampled by another engine, by older weights or from another image. Call it before the first
 * update.
 *
 * The sampler's stay as `sampledLogProbs`, and `policyTerm({ importance })` corrects for the difference.
 *
 * @param scorer the policy that is trained.
 * @param groups with completions of any sampler.
 * @param context temperature, and how many groups to score at a time.
 * @returns the groups with `logProbs` and `sampledLogProbs` in every completion, nats.
 * @example
 * const scorer = { score: () => ({ logProbs: tf.tensor2d([[-0.7]]), entropies: tf.tensor2d([[0.9]]) }) };
 * const completions = [{ tokens: [1], logProbs: [-0.5] }];
 * const [group] = await rescore(scorer, [{ id: 'a', prompt: 'p', completions }]);
 * group.completions; // [{ tokens: [1], logProbs: [-0.7], sampledLogProbs: [-0.5] }]
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
