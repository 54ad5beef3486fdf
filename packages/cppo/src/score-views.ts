import {
  requestsOf,
  type ScoreOptions,
  type Scorer,
  scorerWithoutGradient,
  type TokenScores,
} from '@cppo/grpo';
import * as tf from '@tensorflow/tfjs-core';
import type { ResolvedCppoOptions } from './cppo-options.js';
import { type GatedGroup, withoutOthers } from './gate-groups.js';

/** The scores that the loss compares with the original picture's. */
export interface ViewScores {
  /** Under the information-preserving view. */
  readonly positive: TokenScores;
  /** Under each information-removing view. */
  readonly negatives: readonly TokenScores[];
}

/** The gated completions under all views: in one pass where all of them, or none, carry gradient. */
export function scoreViews<P>(
  scorer: Scorer<P>,
  gatedGroups: readonly GatedGroup<P>[],
  { preserving, removing, gradients }: Pick<ResolvedCppoOptions, 'preserving' | 'removing' | 'gradients'>,
  hidden: boolean,
): ViewScores {
  const under = (views: readonly string[], carries: boolean) =>
    scoreTogether(carries ? scorer : scorerWithoutGradient(scorer), gatedGroups, views, { hidden });
  const [positive, ...negatives] =
    gradients.positive === gradients.negative
      ? under([preserving, ...removing], gradients.positive)
      : [...under([preserving], gradients.positive), ...under(removing, gradients.negative)];
  return { positive: positive!, negatives };
}

/**
 * The gated completions under several views, scored together: what the views' prompts begin with is shared, and products
 * are larger than those of one pass a view.
 *
 * @param views names of views; undefined is the original picture.
 * @returns the scores of each view.
 */
export function scoreTogether<P>(
  scorer: Scorer<P>,
  gatedGroups: readonly GatedGroup<P>[],
  views: readonly (string | undefined)[],
  options: ScoreOptions,
): TokenScores[] {
  const groups = withoutOthers(gatedGroups);
  const { logProbs, entropies, mask, hidden } = scorer.score(
    views.flatMap((view) => requestsOf(groups, view)),
    options,
  );
  // The gradient of a split into one part is an error in TensorFlow.js 4.22.
  const split = <T extends tf.Tensor>(tensor: T): T[] =>
    views.length === 1 ? [tensor] : tf.split(tensor, views.length, 0);
  const parts = [split(logProbs), split(entropies), split(mask)] as const;
  const states = hidden && split(hidden);
  return views.map((_, i) => ({
    logProbs: parts[0][i]!,
    entropies: parts[1][i]!,
    mask: parts[2][i]!,
    ...(states && { hidden: states[i]! }),
  }));
}

/**
 * Whether numbers can be read inside the pass that carries the gradient. Checked by name: a runtime probe is unreliable
 * here. WebGPU computes small tensors on the processor, where they can be read, and others not. In a browser it can read
 * all, but the card stands still meanwhile.
 */
export function readsSynchronously(): boolean {
  return tf.getBackend() !== 'webgpu';
}
