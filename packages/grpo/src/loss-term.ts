import type { Scalar } from '@tensorflow/tfjs-core';
import type { Group, Policy, TokenScores } from './policy.js';

/** A group whose completions have been rewarded. */
export interface RewardedGroup<P> extends Group<P> {
  /** [G] total rewards. */
  readonly rewards: Float32Array;
  /** [G] advantages. */
  readonly advantages: Float32Array;
  /** [G] accuracy part of the reward, for gates that ask whether an answer was correct. */
  readonly accuracies: Float32Array;
}

/**
 * One summand of the objective. CPPO's contrastive perception loss, PAPO's and the KL penalty are
 * such terms, and so is the policy loss itself: the training step adds them and knows none of them.
 */
export interface LossTerm<P> {
  readonly name: string;
  /** Called once an optimiser batch, without gradient: counts normalisers, detects tokens. */
  prepare(batch: readonly RewardedGroup<P>[], policy: Policy<P>): PreparedTerm<P> | Promise<PreparedTerm<P>>;
}

/** A loss term that knows its optimiser batch. */
export interface PreparedTerm<P> {
  /**
   * The share of this term that some groups of the batch contribute, already divided by the counts of the
   * whole batch and multiplied by its coefficient, so that the shares of all micro-batches add up to the term.
   *
   * @param groups a micro-batch.
   * @param original the scores of all its completions under the original image.
   */
  loss(groups: readonly RewardedGroup<P>[], original: TokenScores): Scalar;
  /** Figures for the log, read after the last micro-batch. */
  metrics?(): Readonly<Record<string, number>>;
}
