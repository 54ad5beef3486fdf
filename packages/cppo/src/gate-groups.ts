import type { RewardedGroup, TokenScores } from '@cppo/grpo';
import * as tf from '@tensorflow/tfjs-core';
import { isDrawn } from './is-drawn.js';

/**
 * Which completions may carry the perception loss: `advantage` those with A > 0 (the authors' code), `accuracy` those
 * with an accuracy reward above 0 (the paper's "correct rollouts"), `none` all of them.
 */
export type Gate = 'advantage' | 'accuracy' | 'none';

/** Which of the groups behind the gate carry the loss. */
export interface DrawnShare {
  /** Chance of each, in (0, 1]. */
  readonly share: number;
  /** Seed of a group, a whole number, by its id. */
  readonly seed: (group: string) => number;
}

/** A group with those of its completions that carry the perception loss. */
export interface GatedGroup<P> {
  readonly group: RewardedGroup<P>;
  /** Indices into the group's completions; at least one. */
  readonly indices: readonly number[];
}

/**
 * The groups that have a completion behind the gate. Rewards alone decide, before any forward pass.
 *
 * @param groups rewarded groups.
 * @param gate which completions pass.
 * @param drawn which of those groups to take; all when left out. A group's seed alone decides, on whatever machine.
 * @returns the groups with a passing completion, in the given order, each with the indices of those that pass.
 * @example
 * const completions = [{}, {}, {}];
 * const group = { id: 'g', completions, advantages: [0.7, -1.4, 0.7] };
 * gateGroups([group], 'advantage').map(({ indices }) => indices); // [[0, 2]]
 */
export function gateGroups<P>(
  groups: readonly RewardedGroup<P>[],
  gate: Gate,
  drawn?: DrawnShare,
): GatedGroup<P>[] {
  return groups
    .filter(({ id }) => drawn === undefined || isDrawn(drawn.seed(id), drawn.share))
    .map((group) => ({
      group,
      indices: group.completions.flatMap((_, index) => (passes(group, index, gate) ? [index] : [])),
    }))
    .filter(({ indices }) => indices.length > 0);
}

function passes<P>(group: RewardedGroup<P>, completion: number, gate: Gate): boolean {
  if (gate === 'advantage') return group.advantages[completion]! > 0;
  if (gate === 'accuracy') return group.accuracies[completion]! > 0;
  return true;
}

/** The same groups with only the completions behind the gate. */
export function withoutOthers<P>(gatedGroups: readonly GatedGroup<P>[]): RewardedGroup<P>[] {
  return gatedGroups.map(({ group, indices }) => ({
    ...group,
    completions: indices.map((index) => group.completions[index]!),
  }));
}

/**
 * Rows of the gated completions, cut to the longest of them.
 *
 * @param scores of all completions of `groups`, in order: [B, T] and [B, T, D].
 * @param groups a micro-batch.
 * @param gatedGroups those of its groups that have a completion behind the gate.
 * @returns [B', T'] and [B', T', D].
 */
export function gatedRows<P>(
  scores: TokenScores,
  groups: readonly RewardedGroup<P>[],
  gatedGroups: readonly GatedGroup<P>[],
): TokenScores {
  const firstRow = new Map<RewardedGroup<P>, number>();
  let rows = 0;
  for (const group of groups) {
    firstRow.set(group, rows);
    rows += group.completions.length;
  }
  const indices = gatedGroups.flatMap((item) =>
    item.indices.map((index) => firstRow.get(item.group)! + index),
  );
  const length = Math.max(
    ...withoutOthers(gatedGroups).flatMap(({ completions }) =>
      completions.map(({ tokens }) => tokens.length),
    ),
  );
  const cut = <T extends tf.Tensor>(tensor: T): T =>
    tf.gather(tf.slice(tensor, [0, 0], [tensor.shape[0]!, length]), tf.tensor1d(indices, 'int32')) as T;
  return {
    logProbs: cut(scores.logProbs),
    entropies: cut(scores.entropies),
    mask: cut(scores.mask),
    ...(scores.hidden === undefined ? {} : { hidden: cut(scores.hidden) }),
  };
}
