import { parseOptions, requireNames } from '@cppo/checked-options';
import { z } from 'zod';
import { alone } from '../cluster/cluster.js';
import { ownGroups } from '../cluster/own-groups.js';
import type { LossTerm, RewardedGroup } from '../loss-term.js';
import { emphasizedPolicyTerm, type PolicyTermOptions, policyTermNames } from './policy-term.js';
import { scoreBatch } from './score-batch.js';
import { perceptionDependence, scaleByDependence, strongestTokens } from './vppo-emphasis.js';

export interface VppoTermOptions extends PolicyTermOptions {
  /** Share of a completion's tokens that keep their policy loss. Default 0.4. */
  readonly share?: number;
  /** a_min: smallest factor of an advantage; `null` leaves advantages as they are. Default 0.9. */
  readonly smallestScale?: number | null;
  /** Name of the view with the masked image. Default `removing`. */
  readonly view?: string;
}

/** The shares of VPPO's published code. */
export const vppoDefaults = { share: 0.4, smallestScale: 0.9 } as const;

const schema = z.strictObject({
  share: z.number().gt(0).lte(1).default(vppoDefaults.share),
  smallestScale: z.number().min(0).max(1).nullable().default(vppoDefaults.smallestScale),
  view: z.string().default('removing'),
});

/**
 * Computes the policy loss of VPPO (arXiv:2510.09285): only tokens that depend on the image learn, and
 * completions that depend on it more learn more.
 *
 *   S_t = clamp(e^d − d − 1, 0, 10),   d = clamp(ℓ_aug − ℓ_old, ±20)
 *   the top ⌈0.4·T⌉ tokens of each completion by S keep their loss (the denominator stays all tokens)
 *   A ← A·(a_min + ŝ·(a_max − a_min)),   ŝ = mean S of the completion, min–max-normalised over the batch,
 *   a_max such that the mean factor of the batch is 1
 *
 * The published code takes a_max from the micro-batch; here it is that of the batch, as the normalisation is.
 *
 * Figures: those of `policyTerm`, and `policy/dependence`, the mean S over all tokens, nats.
 *
 * @param options those of `policyTerm`, the share of tokens, a_min and the name of the masked view.
 * @returns a term for the `terms` of `trainingStep`; its groups carry the view by name.
 * @throws RangeError when an option is unknown or out of range; at the step when a group lacks the view.
 * @example
 * // Without the image the second token becomes unlikely: it alone keeps its loss.
 * const policy = { score: () => ({ logProbs: tf.tensor2d([[-0.5, -3]]), entropies: tf.zeros([1, 2]) }) };
 * const completions = [{ tokens: [4, 2], logProbs: [-0.5, -0.5], truncated: false }];
 * const batch = [{ id: 'a', prompt: 'I', views: { removing: 'I⁻' }, completions, advantages: [1] }];
 * const term = await vppoTerm().prepare(batch, policy, { temperature: 1, microBatch: 1 });
 * term.loss(batch, { logProbs: tf.tensor2d([[-0.5, -0.5]]), mask: tf.ones([1, 2]) }); // -0.5
 */
export function vppoTerm<P>(options: VppoTermOptions = {}): LossTerm<P> {
  requireNames('vppoTerm', options, { ...policyTermNames, share: true, smallestScale: true, view: true });
  const { share, smallestScale, view, ...policyOptions } = options;
  const emphasis = parseOptions('vppoTerm', schema, { share, smallestScale, view });
  return emphasizedPolicyTerm('vppoTerm', policyOptions, async (batch, policy, context) => {
    const { cluster = alone } = context;
    const own = ownGroups(batch, cluster);
    const scores = await scoreBatch(policy, own, { ...context, view: emphasis.view });
    const found = own.map((group, index) => ({
      place: batch.indexOf(group),
      rows: group.completions.map((completion, i) =>
        perceptionDependence(completion.logProbs, scores[index]![i]!.logProbs),
      ),
    }));
    // The scale of an advantage is relative to the whole batch.
    const dependence = (await cluster.gather(found))
      .flat()
      .sort((a, b) => a.place - b.place)
      .map(({ rows }) => rows);
    const scales = scaleByDependence(dependence.flat(), emphasis.smallestScale);
    const tokenWeights = new Map<RewardedGroup<P>, Uint8Array[]>();
    const advantages = new Map<RewardedGroup<P>, Float32Array>();
    let next = 0;
    batch.forEach((group, index) => {
      tokenWeights.set(
        group,
        dependence[index]!.map((row) => strongestTokens(row, emphasis.share)),
      );
      advantages.set(
        group,
        Float32Array.from(group.advantages, (advantage) => advantage * scales[next++]!),
      );
    });
    const all = dependence.flat();
    const tokens = all.reduce((sum, row) => sum + row.length, 0);
    const total = all.reduce((sum, row) => row.reduce((inner, s) => inner + s, sum), 0);
    return {
      tokenWeights,
      advantages,
      metrics: { [`${options.name ?? 'policy'}/dependence`]: total / Math.max(tokens, 1) },
    };
  });
}
