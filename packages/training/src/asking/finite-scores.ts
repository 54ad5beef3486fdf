import { UserError } from '@cppo/run';

/**
 * The figures of tokens, which a model with a weight that is not finite, or with activations that overflow, does not have.
 *
 * @param what   they are, for the message.
 * @param values a figure for each token.
 * @returns the figures.
 * @throws UserError naming the first token whose figure is not finite.
 */
export function finiteScores(what: string, values: ArrayLike<number>): number[] {
  const scores = Array.from(values);
  const broken = scores.findIndex((score) => !Number.isFinite(score));
  if (broken < 0) return scores;
  throw new UserError(
    `--model: the ${what} of token ${broken + 1} is ${scores[broken]}, expected a finite number; a weight of the model is not ` +
      'finite, or what it computes overflows.',
  );
}
