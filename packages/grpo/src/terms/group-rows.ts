import * as tf from '@tensorflow/tfjs-core';
import type { RewardedGroup } from '../loss-term.js';
import type { BatchCounts } from '../objective/aggregate.js';
import type { Group, ScoreRequest } from '../policy.js';

/**
 * Turns groups into scoring requests for the original image or one view of it.
 *
 * @param groups with prompts, completions and views by name.
 * @param view which view's prompt; the original's by default.
 * @returns one request per group, in order.
 * @throws RangeError when a group lacks the view.
 * @example
 * const groups = [{ id: 'a', prompt: 'I', views: { removing: 'I⁻' }, completions: [{ tokens: [4, 2] }] }];
 * requestsOf(groups, 'removing'); // [{ prompt: 'I⁻', completions: [[4, 2]] }]
 */
export function requestsOf<P>(groups: readonly Group<P>[], view?: string): ScoreRequest<P>[] {
  return groups.map((group) => {
    const prompt = view === undefined ? group.prompt : group.views?.[view];
    if (prompt === undefined && view === undefined) {
      const { id, learner = 0 } = group;
      throw new RangeError(
        `requestsOf: group "${id}" has no prompt; expected one of this learner's own groups (ownGroups), not one of learner ${learner}.`,
      );
    }
    if (prompt === undefined) {
      const names = Object.keys(group.views ?? {}).join(', ') || 'none';
      throw new RangeError(
        `requestsOf: group "${group.id}" has the views ${names}; expected one named "${view}".`,
      );
    }
    return { prompt, completions: group.completions.map(({ tokens }) => tokens) };
  });
}

/** Rows of numbers as [rows, width], 0 on padding. */
export function padRows(rows: readonly ArrayLike<number>[], width: number): tf.Tensor2D {
  const flat = new Float32Array(rows.length * width);
  rows.forEach((row, index) => {
    flat.set(row, index * width);
  });
  return tf.tensor2d(flat, [rows.length, width]);
}

/** [B] advantages in the order of the scores. */
export function advantagesOf<P>(groups: readonly RewardedGroup<P>[]): tf.Tensor1D {
  return tf.tensor1d(
    groups.flatMap((group) => Array.from(group.advantages)),
    'float32',
  );
}

/** [B, T] log-probabilities recorded at sampling. */
export function sampledLogProbs<P>(groups: readonly Group<P>[], width: number): tf.Tensor2D {
  return padRows(
    groups.flatMap((group) => group.completions.map(({ logProbs }) => logProbs)),
    width,
  );
}

/** What to do with completions that the length limit cut off: train on them, or leave their tokens out. */
export type Truncated = (typeof truncations)[number];

export const truncations = ['keep', 'mask'] as const;

/** The mask without the completions that were cut off, when these are to be left out. */
export function trainedTokens<P>(
  groups: readonly Group<P>[],
  mask: tf.Tensor2D,
  truncated: Truncated,
): tf.Tensor2D {
  if (truncated === 'keep') return mask;
  const whole = groups.flatMap((group) =>
    group.completions.map((completion) => (completion.truncated ? 0 : 1)),
  );
  return tf.mul(mask, tf.tensor2d(whole, [whole.length, 1]));
}

/** Counts of a whole batch of groups, known before any forward pass. */
export function countBatch<P>(
  batch: readonly Group<P>[],
  truncated: Truncated,
  maxLength: number | undefined,
): Required<BatchCounts> {
  const completions = batch.flatMap((group) => group.completions);
  const counted = completions.filter((completion) => truncated === 'keep' || !completion.truncated);
  return {
    tokens: counted.reduce((sum, { tokens }) => sum + tokens.length, 0),
    sequences: completions.length,
    maxLength: maxLength ?? Math.max(1, ...completions.map(({ tokens }) => tokens.length)),
  };
}
