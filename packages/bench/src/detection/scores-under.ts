import * as tf from '@tensorflow/tfjs-core';
import type { KnownQuestion } from './known-completions.js';

/** What scores completions; `QwenPolicy` of `@cppo/policy-qwen` does. */
export interface TokenScorer<P> {
  /** @returns [B, T] nats, a row for each completion in order, as wide as the longest of them. */
  score(requests: readonly { readonly prompt: P; readonly completions: readonly Int32Array[] }[]): {
    readonly logProbs: tf.Tensor2D;
    readonly entropies: tf.Tensor2D;
  };
}

/** Per completion, log-probability and entropy of each token, nats. */
export interface CompletionFigures {
  readonly logProbs: Float32Array;
  readonly entropies: Float32Array;
}

/**
 * Scores the completions of all questions under one view of their pictures.
 *
 * @param prompt the question's prompt under that view.
 * @returns for each question, its completions in order.
 */
export async function scoresUnder<P>(
  policy: TokenScorer<P>,
  questions: readonly KnownQuestion<P>[],
  prompt: (question: KnownQuestion<P>, index: number) => P,
  batch = 32,
): Promise<CompletionFigures[][]> {
  const figures: CompletionFigures[][] = [];
  for (let start = 0; start < questions.length; start += batch) {
    const part = questions.slice(start, start + batch);
    const [logProbs, entropies] = tf.tidy(() => {
      const scores = policy.score(
        part.map((question, i) => ({
          prompt: prompt(question, start + i),
          completions: question.completions.map(({ tokens }) => tokens),
        })),
      );
      return [scores.logProbs, scores.entropies];
    }) as [tf.Tensor2D, tf.Tensor2D];
    const width = logProbs.shape[1];
    const [l, h] = [(await logProbs.data()) as Float32Array, (await entropies.data()) as Float32Array];
    tf.dispose([logProbs, entropies]);
    let row = 0;
    for (const { completions } of part) {
      figures.push(
        completions.map(({ tokens }) => {
          const from = row++ * width;
          return {
            logProbs: l.slice(from, from + tokens.length),
            entropies: h.slice(from, from + tokens.length),
          };
        }),
      );
    }
  }
  return figures;
}
