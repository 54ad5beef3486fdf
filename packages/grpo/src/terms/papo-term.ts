import { parseOptions } from '@cppo/checked-options';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { alone } from '../cluster/cluster.js';
import type { LossTerm } from '../loss-term.js';
import { aggregate } from '../objective/aggregate.js';
import { klPenalty } from '../objective/kl-penalty.js';
import { countBatch, requestsOf, type Truncated, trainedTokens } from './group-rows.js';
import { Tally } from './tally.js';

export interface PapoTermOptions {
  /** γ, weight of the implicit perception loss. Default 0.01. */
  readonly gamma?: number;
  /** η₁, weight of the entropy under the original image. Default 0.03. */
  readonly entropyOriginal?: number;
  /** η₂, weight of the entropy under the masked image. Default 0.03. */
  readonly entropyMasked?: number;
  /** Bound of the divergence of a token, nats. Default 0.2. */
  readonly clamp?: number;
  /** Name of the view with the masked image. Default `removing`. */
  readonly view?: string;
  /** Default `papo`. */
  readonly name?: string;
  readonly truncated?: Truncated;
}

/** The weights of PAPO's published code. */
export const papoDefaults = { gamma: 0.01, entropyOriginal: 0.03, entropyMasked: 0.03, clamp: 0.2 } as const;

const schema = z.strictObject({
  gamma: z.number().min(0).default(papoDefaults.gamma),
  entropyOriginal: z.number().min(0).default(papoDefaults.entropyOriginal),
  entropyMasked: z.number().min(0).default(papoDefaults.entropyMasked),
  clamp: z.number().positive().default(papoDefaults.clamp),
  view: z.string().default('removing'),
  name: z.string().default('papo'),
  truncated: z.enum(['keep', 'mask']).default('keep'),
});

/**
 * Adds the perception terms of PAPO (arXiv:2507.06448): the policy should answer differently without the
 * image, and be confident under both. The entropies are losses; they keep the first term from collapsing.
 *
 *   −γ·clamp(k3(ℓ, ℓ_mask), 0, 0.2) + η₁·H + η₂·H_mask,   each a mean over the tokens of the batch
 *
 * The gradient reaches both passes, original and masked.
 *
 * Figures: `papo/divergence` (clamped) and the two mean entropies, nats.
 *
 * @param options weights and the name of the masked view; the published code's by default.
 * @returns a term for the `terms` of `trainingStep`; its groups carry the view by name.
 * @throws RangeError when an option is out of range; at the step when a group lacks the view.
 * @example
 * const policy = { score: () => ({ logProbs: tf.tensor2d([[-2]]), entropies: tf.tensor2d([[2]]) }) };
 * const completions = [{ tokens: [4], logProbs: [-0.5], truncated: false }];
 * const batch = [{ id: 'a', prompt: 'I', views: { removing: 'I⁻' }, completions }];
 * const term = await papoTerm().prepare(batch, policy);
 * const original = { logProbs: tf.tensor2d([[-0.5]]), entropies: tf.tensor2d([[1]]), mask: tf.ones([1, 1]) };
 * term.loss(batch, original); // 0.088
 */
export function papoTerm<P>(options: PapoTermOptions = {}): LossTerm<P> {
  const { gamma, entropyOriginal, entropyMasked, clamp, view, name, truncated } = parseOptions(
    'papoTerm',
    schema,
    options,
  );
  return {
    name,
    prepare(batch, policy, context) {
      const counts = countBatch(batch, truncated, undefined);
      const tally = new Tally();
      return {
        loss(groups, original) {
          const masked = policy.score(requestsOf(groups, view));
          const trained = trainedTokens(groups, original.mask, truncated);
          const mean = (values: tf.Tensor2D) => aggregate(values, trained, 'token-mean', counts);
          const divergence = mean(
            tf.clipByValue(klPenalty(original.logProbs, masked.logProbs, 'k3'), 0, clamp),
          );
          const entropy = mean(original.entropies);
          const maskedEntropy = mean(masked.entropies);
          tally.add({
            [`${name}/divergence`]: divergence,
            [`${name}/entropyOriginal`]: entropy,
            [`${name}/entropyMasked`]: maskedEntropy,
          });
          return tf.addN<tf.Scalar>([
            tf.mul<tf.Scalar>(divergence, -gamma),
            tf.mul<tf.Scalar>(entropy, entropyOriginal),
            tf.mul<tf.Scalar>(maskedEntropy, entropyMasked),
          ]);
        },
        metrics: () => tally.pool(context?.cluster ?? alone),
        dispose: () => tally.dispose(),
      };
    },
  };
}
