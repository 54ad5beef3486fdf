import { constant } from '@cppo/tape';
import * as tf from '@tensorflow/tfjs-core';
import type { Scorer, TokenScores } from './policy.js';

/**
 * Scores computed off the tape: they carry no gradient, and nothing is kept for one. To the tape they are one function of
 * a constant, of which it knows neither inside nor inputs.
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

/** A scorer that gives such scores. */
export function scorerWithoutGradient<P>(scorer: Scorer<P>): Scorer<P> {
  return { score: (requests, options) => withoutGradient(() => scorer.score(requests, options)) };
}
