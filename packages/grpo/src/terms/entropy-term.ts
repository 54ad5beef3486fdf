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

/** −η·mean H: a bonus for entropy over the whole vocabulary, which keeps the policy exploring. */
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
