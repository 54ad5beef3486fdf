import { requireNames } from '@cppo/checked-options';
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
  /** [T · D] last hidden states; only on request. */
  readonly hidden?: Float32Array;
}

export interface ScoreBatchOptions extends Partial<StepContext> {
  /** Which prompt: the name of one of the groups' views; the original when left out. */
  readonly view?: string;
  /** Also bring the hidden states. Default false. */
  readonly hidden?: boolean;
}

/**
 * Scores all completions of the given groups without gradient, some groups at a time, and downloads the
 * figures. Takes and ignores `cluster`, so that the context of a step can be passed on.
 *
 * @param scorer a policy or reference.
 * @param groups with prompts, completions and views by name.
 * @param options temperature, the view, and how many groups to score at a time; all by default.
 * @returns for each group, in order, the scores of its completions without padding, nats.
 * @throws RangeError when a group lacks the view; TypeError when the scorer returns no hidden states though
 *   requested.
 * @example
 * const scores = { logProbs: tf.tensor2d([[-0.5, -1], [-2, 0]]), entropies: tf.tensor2d([[1, 1], [2, 0]]) };
 * const completions = [{ tokens: [4, 2] }, { tokens: [3] }];
 * const [group] = await scoreBatch({ score: () => scores }, [{ id: 'a', prompt: 'p', completions }]);
 * group.map(({ logProbs }) => logProbs); // [[-0.5, -1], [-2]]
 */
export async function scoreBatch<P>(
  scorer: Scorer<P>,
  groups: readonly Group<P>[],
  options: ScoreBatchOptions = {},
): Promise<CompletionScores[][]> {
  requireNames('scoreBatch', options, {
    ...{ temperature: true, microBatch: true, view: true, hidden: true },
    cluster: true,
  });
  const { temperature = 1, microBatch = groups.length, view, hidden = false } = options;
  if (microBatch < 1 && groups.length > 0) {
    throw new RangeError(`scoreBatch: microBatch is ${microBatch}; expected a whole number above 0.`);
  }
  const scored: CompletionScores[][] = [];
  for (let start = 0; start < groups.length; start += microBatch) {
    const part = groups.slice(start, start + microBatch);
    const tensors = tf.tidy(() => {
      const scores = scorer.score(requestsOf(part, view), { temperature, hidden });
      if (hidden && scores.hidden === undefined) {
        throw new TypeError(
          'scoreBatch: the scorer gave no hidden states; expected them, since it was asked.',
        );
      }
      const { logProbs, entropies } = scores;
      return { logProbs, entropies, ...(hidden && { hidden: scores.hidden! }) };
    });
    const width = tensors.logProbs.shape[1];
    const depth = tensors.hidden?.shape[2] ?? 0;
    const [logProbs, entropies, states] = await Promise.all([
      tensors.logProbs.data(),
      tensors.entropies.data(),
      tensors.hidden?.data(),
    ]);
    tf.dispose(tensors);
    let row = 0;
    for (const group of part) {
      scored.push(
        group.completions.map(({ tokens }) => {
          const from = row++ * width;
          const to = from + tokens.length;
          return {
            logProbs: Float32Array.from(logProbs.subarray(from, to)),
            entropies: Float32Array.from(entropies.subarray(from, to)),
            ...(states && { hidden: Float32Array.from(states.subarray(from * depth, to * depth)) }),
          };
        }),
      );
    }
  }
  return scored;
}
