import * as tf from '@tensorflow/tfjs-core';
import type { StepContext } from '../loss-term.js';
import type { Group, Scorer } from '../policy.js';
import { requestsOf } from './group-rows.js';

/** Figures of one completion's tokens, each [T] without padding. */
export interface CompletionScores {
  /** Nats. */
  readonly logProbs: Float32Array;
  /** Nats. */
  readonly entropies: Float32Array;
}

/**
 * Scores all completions of some groups without gradient, some groups at a time, and brings the figures to the host.
 *
 * @param view which prompt: the name of one of the groups' views, or the original when left out.
 * @returns for each group, in order, the scores of its completions.
 * @throws RangeError when a group lacks the view.
 */
export async function scoreBatch<P>(
  scorer: Scorer<P>,
  groups: readonly Group<P>[],
  {
    temperature = 1,
    microBatch = groups.length,
    view,
  }: Partial<StepContext> & { readonly view?: string } = {},
): Promise<CompletionScores[][]> {
  const scored: CompletionScores[][] = [];
  for (let start = 0; start < groups.length; start += microBatch) {
    const part = groups.slice(start, start + microBatch);
    const { logProbs, entropies } = tf.tidy(() => {
      const scores = scorer.score(requestsOf(part, view), { temperature });
      return { logProbs: scores.logProbs, entropies: scores.entropies };
    });
    const width = logProbs.shape[1];
    const [logProbValues, entropyValues] = await Promise.all([logProbs.data(), entropies.data()]);
    tf.dispose([logProbs, entropies]);
    let row = 0;
    for (const group of part) {
      scored.push(
        group.completions.map(({ tokens }) => {
          const from = row++ * width;
          return {
            logProbs: Float32Array.from(logProbValues.subarray(from, from + tokens.length)),
            entropies: Float32Array.from(entropyValues.subarray(from, from + tokens.length)),
          };
        }),
      );
    }
  }
  return scored;
}
