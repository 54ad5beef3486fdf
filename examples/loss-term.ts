import type { LossTerm } from '@cppo/trainer';
import * as tf from '@tensorflow/tfjs-core';

/** Keeps the policy near the one that sampled: coefficient · mean (ℓ − ℓ_old)² over all tokens of the batch. */
export default function proximity({ coefficient = 0.1 }: { coefficient?: number }): LossTerm {
  return {
    name: 'proximity',
    views: false,
    prepare(batch) {
      const tokens = batch
        .flatMap(({ completions }) => completions)
        .reduce((sum, completion) => sum + completion.tokens.length, 0);
      return {
        loss(groups, { logProbs, mask }) {
          const width = logProbs.shape[1];
          const old = groups.flatMap(({ completions }) =>
            completions.map((completion) =>
              Array.from({ length: width }, (_, t) => completion.logProbs[t] ?? 0),
            ),
          );
          const squares = tf.mul(tf.squaredDifference(logProbs, tf.tensor2d(old)), mask);
          return tf.mul(tf.sum(squares), coefficient / tokens);
        },
      };
    },
  };
}
