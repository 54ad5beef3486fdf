import { requireNames, requireOneOf } from '@cppo/checked-options';
import * as tf from '@tensorflow/tfjs-core';
import type { LossTerm } from '../loss-term.js';
import { type Aggregation, aggregate, aggregations } from '../objective/aggregate.js';
import { countBatch, type Truncated, trainedTokens, truncations } from './group-rows.js';

export interface EntropyTermOptions {
  /** η. Above 0 entropy is rewarded, below 0 punished. */
  readonly coefficient: number;
  /** Default `entropy`. */
  readonly name?: string;
  /** Default `token-mean`. */
  readonly aggregation?: Aggregation;
  readonly truncated?: Truncated;
  /** For aggregation `fixed-length`; see `policyTerm`. */
  readonly maxLength?: number;
}

/**
 * Rewards entropy over the whole vocabulary, which keeps the policy exploring: −η · mean H.
 *
 * @param options η, and how tokens are averaged; the mean over the tokens of the optimiser batch by default.
 * @returns a term for the `terms` of `trainingStep`; H in nats.
 * @throws RangeError when η is not finite, or a mode is unknown.
 * @example
 * const batch = [{ id: 'a', completions: [{ tokens: [4, 2], truncated: false }] }];
 * const term = await entropyTerm({ coefficient: 0.5 }).prepare(batch);
 * term.loss(batch, { entropies: tf.tensor2d([[1, 3]]), mask: tf.ones([1, 2]) }); // -1
 */
export function entropyTerm<P>(options: EntropyTermOptions): LossTerm<P> {
  requireNames('entropyTerm', options, {
    coefficient: true,
    name: true,
    aggregation: true,
    truncated: true,
    maxLength: true,
  });
  const {
    coefficient,
    name = 'entropy',
    aggregation = 'token-mean',
    truncated = 'keep',
    maxLength,
  } = options;
  requireOneOf('entropyTerm', 'aggregation', aggregation, aggregations);
  requireOneOf('entropyTerm', 'truncated', truncated, truncations);
  if (!Number.isFinite(coefficient)) {
    throw new RangeError(`entropyTerm: coefficient is ${coefficient}; expected a finite number.`);
  }
  return {
    name,
    prepare(batch) {
      const counts = countBatch(batch, truncated, maxLength);
      return {
        needs: () => coefficient !== 0,
        loss: (groups, { entropies, mask }) =>
          tf.mul(
            aggregate(entropies, trainedTokens(groups, mask, truncated), aggregation, counts),
            -coefficient,
          ),
      };
    },
  };
}
