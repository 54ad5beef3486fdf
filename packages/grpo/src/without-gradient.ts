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
    const pass = tf.customGrad((constant) => {
      const scores = Object.entries(compute()) as [string, tf.Tensor][];
      for (const [name, { shape }] of scores) {
        names.push(name);
        shapes.push(shape);
      }
      return {
        // One tensor is all that such a function may give.
        value: tf.concat(scores.map(([, score]) => tf.reshape(score, [-1]))),
        gradFunc: () => tf.zerosLike(constant as tf.Tensor),
      };
    });
    const parts = tf.split(
      pass(tf.scalar(0)),
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
