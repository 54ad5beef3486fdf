import * as tf from '@tensorflow/tfjs-core';
import type { LossTerm } from '../loss-term.js';
import { type Aggregation, aggregate } from '../objective/aggregate.js';
import { type KlKind, klPenalty } from '../objective/kl-penalty.js';
import { logRatio } from '../objective/token-objective.js';
import type { Scorer } from '../policy.js';
import { countBatch, padRows, sampledLogProbs, type Truncated, trainedTokens } from './group-rows.js';
import { scoreBatch } from './score-batch.js';
import { Tally } from './tally.js';

export interface KlTermOptions<P> {
  /** β. */
  readonly coefficient: number;
  /** Default `k3`. */
  readonly kind?: KlKind;
  /** The policy to stay near, scored once a batch without gradient. */
  readonly reference: Scorer<P>;
  /** Default `kl`. */
  readonly name?: string;
  /** Default `token-mean`. */
  readonly aggregation?: Aggregation;
  readonly truncated?: Truncated;
  /** For aggregation `fixed-length`; see `policyTerm`. */
  readonly maxLength?: number;
  /** Multiplies each token's penalty by its ratio r: unbiased off-policy (TRL's `use_bias_correction_kl`). Default false. */
  readonly weightByRatio?: boolean;
}

/**
 * β·KL(π‖π_ref), estimated from the sampled tokens (`klPenalty`).
 *
 * Figures: `policy/kl` (or whatever its name is), the estimate's mean over tokens, without β, nats.
 */
export function klTerm<P>(options: KlTermOptions<P>): LossTerm<P> {
  const { coefficient, kind = 'k3', reference, name = 'kl', weightByRatio = false } = options;
  const { aggregation = 'token-mean', truncated = 'keep', maxLength } = options;
  if (!Number.isFinite(coefficient)) {
    throw new RangeError(`klTerm: coefficient is ${coefficient}; expected a finite number.`);
  }
  return {
    name,
    async prepare(batch, _policy, context) {
      const counts = countBatch(batch, truncated, maxLength);
      const scored = await scoreBatch(reference, batch, context);
      const referenceOf = new Map(batch.map((group, index) => [group, scored[index]!]));
      const tally = new Tally();
      return {
        loss(groups, { logProbs, mask }) {
          const width = logProbs.shape[1];
          const trained = trainedTokens(groups, mask, truncated);
          const rows = groups.flatMap((group) => referenceOf.get(group)!.map((scores) => scores.logProbs));
          let penalty = klPenalty(logProbs, padRows(rows, width), kind);
          if (weightByRatio) {
            const ratio = tf.exp(logRatio(logProbs, sampledLogProbs(groups, width), trained, 'token'));
            penalty = tf.mul(penalty, ratio);
          }
          tally.add({ [`policy/${name}`]: aggregate(penalty, trained, 'token-mean', counts) });
          return tf.mul(aggregate(penalty, trained, aggregation, counts), coefficient);
        },
        metrics: () => tally.read(),
        dispose: () => tally.dispose(),
      };
    },
  };
}
