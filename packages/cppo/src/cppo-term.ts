import { contrastivePerceptionLoss } from '@cppo/contrastive-loss';
import { alone, type Cluster, type LossTerm, ownGroups, type RewardedGroup } from '@cppo/grpo';
import * as tf from '@tensorflow/tfjs-core';
import { type CppoOptions, resolveCppoOptions } from './cppo-options.js';
import { lossOptionsOf, needsHidden, passesToCompare } from './custom-distance.js';
import { gatedRows, gateGroups } from './gate-groups.js';
import { MicroBatchLosses } from './micro-batch-losses.js';
import { readsSynchronously, scoreViews } from './score-views.js';
import { TokensByGroup } from './tokens-by-group.js';

/**
 * Contrastive Perception Policy Optimization (arXiv:2601.00501) as a summand of the objective.
 *
 *   for completions with A > 0:
 *     H, H⁻          [B, T] entropies under the original and the information-removing view, nats
 *     M              [B, T] perception tokens: where H⁻ − H is large
 *     CPL_t          −log( e^{−D⁺/τ} / (e^{−D⁺/τ} + Σ e^{−D⁻/τ}) )
 *   term = λ · Σ M·CPL / Σ M          both sums over the whole optimiser batch
 *
 * With one micro-batch the pass that carries the gradient also gives the entropies. With several, or several learners, ΣM
 * must be known before the first gradient, so the tokens are detected first, by a pass without gradient; the result is the
 * same.
 *
 * Figures: `cppo/loss` CPL without λ, nats; `cppo/gated` completions; `cppo/tokens` ΣM; `cppo/shift` mean ΔH of M, nats
 * (k3 of ℓ⁻ and ℓ with the detector `shift`).
 *
 * @param options the authors' verl recipe where left out.
 * @returns a term for the `terms` of `trainingStep`; its groups carry the views by name.
 * @throws RangeError when an option is unknown or out of range; at the step when a group lacks a view.
 * @example
 * cppoTerm({ coefficient: 0.002, distance: 'kl' }).hidden; // true
 */
export function cppoTerm<P>(options: CppoOptions = {}): LossTerm<P> {
  const resolved = resolveCppoOptions(options);
  const { coefficient } = resolved;
  const gated = (groups: readonly RewardedGroup<P>[]) => gateGroups(groups, resolved.gate, resolved);
  const hidden = needsHidden(resolved.distance);
  return {
    name: 'cppo',
    hidden,
    ...(typeof coefficient === 'object' && { normShare: coefficient.share }),
    async prepare(batch, policy, context = { temperature: 1, microBatch: batch.length }) {
      const { temperature, microBatch, cluster = alone } = context;
      const tokensByGroup = new TokensByGroup<P>(resolved);
      const microBatchLosses = new MicroBatchLosses(tokensByGroup, resolved.onTokens);
      const detectFirst = batch.length > microBatch || cluster.size > 1 || !readsSynchronously();
      if (detectFirst) {
        await tokensByGroup.scoreAndDetect(policy, gated(ownGroups(batch, cluster)), microBatch);
      }
      const normalizer = detectFirst ? await countAll(tokensByGroup, cluster) : {};
      const lossOptions = { ...lossOptionsOf(resolved), temperature, ...normalizer };
      return {
        needs: (group) => gated([group]).length > 0,
        loss(groups, original) {
          const gatedGroups = gated(groups);
          if (gatedGroups.length === 0) return tf.scalar(0);
          const anchor = gatedRows(original, groups, gatedGroups);
          const views = scoreViews(policy, gatedGroups, resolved, hidden);
          if (!detectFirst) tokensByGroup.detect(gatedGroups, anchor, views);
          const mask = tokensByGroup.mask(gatedGroups, anchor.mask.shape);
          const { headWeight } = policy;
          const passes = passesToCompare({ anchor, ...views }, { headWeight, temperature }, resolved);
          const cpl = contrastivePerceptionLoss({ ...passes, mask }, lossOptions);
          microBatchLosses.add(gatedGroups, cpl);
          return typeof coefficient === 'object' ? cpl.loss : tf.mul(cpl.loss, coefficient);
        },
        metrics: () => microBatchLosses.metrics(cluster),
        dispose: () => microBatchLosses.dispose(),
      };
    },
  };
}

/** ΣM over the batch of all learners. */
async function countAll<P>(tokens: TokensByGroup<P>, cluster: Cluster): Promise<{ normalizer: number }> {
  const [normalizer = 0] = await cluster.sum(Float64Array.of(tokens.count()));
  return { normalizer };
}
