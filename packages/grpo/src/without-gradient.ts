import { constant } from '@cppo/tape';
import * as tf from '@tensorflow/tfjs-core';
import type { Scorer, TokenScores } from './policy.js';

/**
 * Computes scores off the tape: they carry no gradient, and nothing is kept for one.
 *
 * The tape sees one function of a constant, and neither its inside nor its inputs.
 *
 * @param compute gives the scores.
 * @returns the same scores, as constants.
 * @example
 * const timesConstant = (x) => tf.mul(x, withoutGradient(() => ({ logProbs: tf.square(x) })).logProbs);
 * tf.grad(timesConstant)(tf.tensor2d([[3]])); // [[9]]
 */
export function withoutGradient(compute: () => TokenScores): TokenScores {
  const names: string[] = [];
  const shapes: number[][] = [];
  const result = tf.tidy(() => {
    const flat = constant(() => {
      const scores = Object.entries(compute()) as [string, tf.Tensor][];
      for (const [name, { shape }] of scores) {
        names.push(name);
        shapes.push(shape);
      }
      // A constant is one tensor.
      return tf.concat(scores.map(([, score]) => tf.reshape(score, [-1])));
    });
    const parts = tf.split(
      flat,
      shapes.map((shape) => tf.util.sizeFromShape(shape)),
    );
    return parts.map((part, i) => tf.reshape(part, shapes[i]!));
  });
  return Object.fromEntries(result.map((score, i) => [names[i]!, score])) as unknown as TokenScores;
}

/**
 * Wraps a scorer so that its scores carry no gradient: a reference policy, for example.
 *
 * @param scorer any policy.
 * @returns a scorer with the same scores, as constants.
 * @example
 * const scorer = (x) => scorerWithoutGradient({ score: () => ({ logProbs: tf.square(x) }) });
 * tf.grad((x) => tf.mul(x, scorer(x).score([]).logProbs))(tf.tensor2d([[3]])); // [[9]]
 */
export function scorerWithoutGradient<P>(scorer: Scorer<P>): Scorer<P> {
  return { score: (requests, options) => withoutGradient(() => scorer.score(requests, options)) };
}
