import { contrastivePerceptionLoss } from '@cppo/contrastive-loss';
import type { LossTerm } from '@cppo/grpo';
import * as tf from '@tensorflow/tfjs-core';
import { type CppoOptions, resolveCppoOptions } from './cppo-options.js';
import { lossOptionsOf, needsHidden, passesToCompare } from './custom-distance.js';
import {
  countTokens,
  findTokens,
  findTokensFirst,
  maskTensor,
  meanShift,
  readEntropies,
  type TokensByGroup,
} from './find-tokens.js';
import { gatedRows, gateGroups } from './gate-groups.js';
import { MicroBatchLosses } from './micro-batch-losses.js';
import { scoreViews } from './score-views.js';

/**
 * Contrastive Perception Policy Optimization (arXiv:2601.00501) as a summand of the objective.
 *
 *   for completions with A > 0:
 *     H, H⁻          entropies under the original and the information-removing view
 *     M              perception tokens: where H⁻ − H is large
 *     CPL_t          −log( e^{−D⁺/τ} / (e^{−D⁺/τ} + Σ e^{−D⁻/τ}) )
 *   term = λ · Σ M·CPL / Σ M          both sums over the whole optimiser batch
 *
 * All views are scored together. With one micro-batch the pass that carries the gradient also gives the entropies. With
 * several, ΣM must be known before the first gradient, so the tokens are detected first, by a pass without gradient; the
 * result is the same. So they are on WebGPU, where numbers cannot be read inside the pass.
 *
 * Figures: `cppo/loss` (CPL without λ, nats), `cppo/gated` completions, `cppo/tokens` ΣM, `cppo/shift` mean ΔH of M, nats.
 *
 * @throws RangeError when an option is unknown or out of range; at the step when a group lacks a view.
 */
export function cppoTerm<P>(options: CppoOptions = {}): LossTerm<P> {
  const resolved = resolveCppoOptions(options);
  const { coefficient, gate } = resolved;
  const lossOptions = lossOptionsOf(resolved);
  const hidden = needsHidden(resolved.distance);
  return {
    name: 'cppo',
    hidden,
    async prepare(batch, policy, { temperature, microBatch } = { temperature: 1, microBatch: batch.length }) {
      const tokensByGroup: TokensByGroup<P> = new Map();
      const microBatchLosses = new MicroBatchLosses<P>(resolved.onTokens);
      const detectFirst = batch.length > microBatch || !readsSynchronously();
      if (detectFirst) {
        await findTokensFirst(policy, gateGroups(batch, gate), microBatch, resolved, tokensByGroup);
      }
      const normalizer = detectFirst ? { normalizer: countTokens(tokensByGroup) } : {};
      return {
        needs: (group) => gateGroups([group], gate).length > 0,
        loss(groups, original) {
          const gatedGroups = gateGroups(groups, gate);
          if (gatedGroups.length === 0) return tf.scalar(0);
          const anchor = gatedRows(original, groups, gatedGroups);
          const views = scoreViews(policy, gatedGroups, resolved, hidden);
          if (!detectFirst) findTokens(gatedGroups, readEntropies(anchor, views), resolved, tokensByGroup);
          const mask = maskTensor(gatedGroups, tokensByGroup, anchor.mask.shape);
          const { headWeight } = policy;
          const passes = passesToCompare({ anchor, ...views }, { headWeight, temperature }, resolved);
          const cpl = contrastivePerceptionLoss(
            { ...passes, mask },
            { ...lossOptions, temperature, ...normalizer },
          );
          microBatchLosses.add(gatedGroups, cpl);
          return tf.mul(cpl.loss, coefficient);
        },
        metrics: async () => ({
          'cppo/loss': await microBatchLosses.read(tokensByGroup),
          'cppo/gated': microBatchLosses.countCompletions(),
          'cppo/tokens': countTokens(tokensByGroup),
          'cppo/shift': meanShift(tokensByGroup),
        }),
        dispose: () => microBatchLosses.dispose(),
      };
    },
  };
}

/**
 * Checked by name: a runtime probe is unreliable here. WebGPU computes small tensors on the processor, where they can be
 * read, and others not. In a browser it can read all, but the card stands still meanwhile.
 */
function readsSynchronously(): boolean {
  return tf.getBackend() !== 'webgpu';
}
