import type { RewardedGroup, ScoreOptions, ScoreRequest, Scorer, TokenScores } from '@cppo/grpo';
import * as tf from '@tensorflow/tfjs-core';

/** Which completions may carry the perception loss. */
export type Gate = 'advantage' | 'accuracy' | 'none';

/** A group with those of its completions that carry the perception loss. */
export interface GatedGroup<P> {
  readonly group: RewardedGroup<P>;
  /** Indices into the group's completions. */
  readonly chosen: readonly number[];
}

/** The groups that have a completion behind the gate: rewards decide it, before any forward pass. */
export function gated<P>(groups: readonly RewardedGroup<P>[], gate: Gate): GatedGroup<P>[] {
  return groups
    .map((group) => ({
      group,
      chosen: group.completions.flatMap((_, i) => (passes(group, i, gate) ? [i] : [])),
    }))
    .filter(({ chosen }) => chosen.length > 0);
}

function passes<P>(group: RewardedGroup<P>, completion: number, gate: Gate): boolean {
  if (gate === 'advantage') return group.advantages[completion]! > 0;
  if (gate === 'accuracy') return group.accuracies[completion]! > 0;
  return true;
}

/** The gated completions as a scoring request under one view of their image. */
export function requestsUnder<P>(groups: readonly GatedGroup<P>[], view: string): ScoreRequest<P>[] {
  return groups.map(({ group, chosen }) => {
    const prompt = view === 'original' ? group.prompt : group.views?.[view];
    if (prompt === undefined) {
      throw new RangeError(
        `requestsUnder: group ${group.id} has no view "${view}"; it has ${Object.keys(group.views ?? {}).join(', ') || 'none'}.`,
      );
    }
    return { prompt, completions: chosen.map((i) => group.completions[i]!.tokens) };
  });
}

/**
 * The gated completions under several views, scored together: what the views' prompts begin with is shared, and products
 * are larger than those of one pass a view.
 *
 * @returns the scores of each view.
 */
export function scoreViews<P>(
  scorer: Scorer<P>,
  groups: readonly GatedGroup<P>[],
  views: readonly string[],
  options: ScoreOptions,
): TokenScores[] {
  const all = scorer.score(
    views.flatMap((view) => requestsUnder(groups, view)),
    options,
  );
  // The gradient of a split into one part is an error in TensorFlow.js 4.22.
  if (views.length === 1) return [all];
  const { hidden, ...scores } = all;
  const parts = <T extends tf.Tensor>(tensor: T): T[] => tf.split(tensor, views.length, 0);
  const [logProbs, entropies, mask] = [scores.logProbs, scores.entropies, scores.mask].map(parts);
  const states = hidden && parts(hidden);
  return views.map((_, i) => ({
    logProbs: logProbs![i]!,
    entropies: entropies![i]!,
    mask: mask![i]!,
    ...(states && { hidden: states[i]! }),
  }));
}

/** Those rows of a micro-batch's scores that belong to the gated completions, cut to the longest of them. */
export function gatedRows<P>(
  scores: TokenScores,
  groups: readonly RewardedGroup<P>[],
  chosen: readonly GatedGroup<P>[],
): TokenScores {
  const first = new Map<RewardedGroup<P>, number>();
  let rows = 0;
  for (const group of groups) {
    first.set(group, rows);
    rows += group.completions.length;
  }
  const indices = chosen.flatMap((item) => item.chosen.map((i) => first.get(item.group)! + i));
  const length = Math.max(
    ...chosen.flatMap((item) => item.chosen.map((i) => item.group.completions[i]!.tokens.length)),
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
