import type { Scalar } from '@tensorflow/tfjs-core';
import type { Cluster } from './cluster/cluster.js';
import type { Group, Policy, TokenScores } from './policy.js';
import type { RewardResult } from './reward-function.js';

/** A group whose completions have been rewarded. */
export interface RewardedGroup<P> extends Group<P> {
  /** [G] total rewards; NaN where a completion could not be judged. */
  readonly rewards: Float32Array;
  /** [G] advantages. */
  readonly advantages: Float32Array;
  /** [G] accuracy part of the reward, for gates on correctness. */
  readonly accuracies: Float32Array;
  /** For each completion, 1 on the tokens that are known to come from the picture; where the data say so. */
  readonly knownTokens?: readonly ArrayLike<number>[];
  /** [G] results of the reward function, for the log. */
  readonly results?: readonly RewardResult[];
}

/** Settings of a training step for its terms. */
export interface StepContext {
  /** Logits are divided by it: the sampling temperature. The step's policy scores at it by default. */
  readonly temperature: number;
  /** Largest number of groups to score at one time. */
  readonly microBatch: number;
  /** The learners of the step. A term scores `ownGroups` of its batch and adds up over all. Default `alone`. */
  readonly cluster?: Cluster;
}

/**
 * One summand of the objective. CPPO's contrastive perception loss, PAPO's and the KL penalty are
 * such terms, and so is the policy loss itself: the training step adds them and knows none of them.
 */
export interface LossTerm<P> {
  readonly name: string;
  /** The scores of the original image must hold hidden states. Default false. */
  readonly hidden?: boolean;
  /**
   * Above 0. The step multiplies this term by the λ at which the norm of its gradient is this share of the norm of the sum
   * of all terms that have none. Left out: the term is added as it is.
   */
  readonly normShare?: number;
  /**
   * Called once an optimiser batch, without gradient: counts normalisers, detects tokens. The batch is that of all
   * learners; those of others have no prompt here.
   */
  prepare(
    batch: readonly RewardedGroup<P>[],
    policy: Policy<P>,
    context?: StepContext,
  ): PreparedTerm<P> | Promise<PreparedTerm<P>>;
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
  /**
   * False for a group to which this term adds neither loss nor gradient. A group that no term needs is not scored at
   * all. Default true for every group.
   */
  needs?(group: RewardedGroup<P>): boolean;
  /** Figures for the log, read after the last micro-batch; on a cluster those of all learners (`context.cluster`). */
  metrics?(): Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>;
  /** Frees retained tensors. Called last, also when the step failed. */
  dispose?(): void;
}
