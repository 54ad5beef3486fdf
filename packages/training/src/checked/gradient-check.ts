import { type TokenScores, withoutGradient } from '@cppo/grpo';
import * as tf from '@tensorflow/tfjs-core';
import type { Blame } from './blame.js';

/**
 * Recognises a tensor of any copy of TensorFlow.js.
 *
 * @param value anything.
 * @returns true for a tensor.
 * @example
 * isTensor(tf.scalar(1)); // true
 * isTensor([1]); // false
 */
export function isTensor(value: unknown): value is tf.Tensor {
  const { shape, dataId } = (value ?? {}) as { shape?: unknown; dataId?: unknown };
  return Array.isArray(shape) && dataId !== undefined;
}

/**
 * Whether a distance of two passes has a gradient at all. It is asked at scores a little beside those that are: where both
 * passes are equal, even a good distance has none.
 */
export function distanceCarriesGradient(
  distance: (anchor: TokenScores, view: TokenScores) => tf.Tensor,
  anchor: TokenScores,
  view: TokenScores,
  blame: Blame,
): boolean {
  return tf.tidy(() => {
    const [from, to] = [beside(anchor, 1), beside(view, 2)];
    const leaves = [from, to].flatMap(tensorsOf);
    const { grads } = gradients(() => distance(from, to), leaves, blame);
    return anyNonZero(grads);
  });
}

export interface TermGradient {
  readonly loss: tf.Tensor;
  /** Whether the loss comes from scores or variables by operations that have a gradient. */
  readonly connected: boolean;
  /** Whether that gradient is somewhere not 0; where numbers cannot be read at once, as `connected`. */
  readonly moves: boolean;
}

/**
 * The loss of a term with what there is of its gradient, computed once: the outer tape continues through it.
 *
 * @param original scores that the term was given.
 * @param variables of the policy, which a term that scores by itself reaches without the former.
 */
export function termGradient(
  loss: () => tf.Tensor,
  original: TokenScores,
  variables: readonly tf.Variable[],
  blame: Blame,
): TermGradient {
  const first = gradients(loss, tensorsOf(original), blame);
  const direct = known(first.grads);
  if (anyNonZero(direct)) return { loss: first.value, connected: true, moves: true };
  const { grads } = gradients(() => tf.mul(first.value, 1), [...variables], blame);
  return {
    loss: first.value,
    connected: direct.length > 0 || known(grads).length > 0,
    moves: anyNonZero(grads),
  };
}

type Gradients = readonly (tf.Tensor | null | undefined)[];

function gradients(
  of: () => tf.Tensor,
  leaves: tf.Tensor[],
  blame: Blame,
): { value: tf.Tensor; grads: Gradients } {
  try {
    return tf.engine().gradients(of, leaves, undefined, true);
  } catch (thrown) {
    throw blame.threw('its gradient', thrown);
  }
}

const known = (found: Gradients) => found.filter((gradient) => gradient !== null && gradient !== undefined);

function anyNonZero(found: Gradients): boolean {
  const there = known(found);
  if (there.length === 0 || tf.getBackend() === 'webgpu') return there.length > 0;
  return there.some((gradient) => tf.sum(tf.abs(gradient)).dataSync()[0] !== 0);
}

/** The tensors of scores that carry gradient. */
function tensorsOf({ logProbs, entropies, hidden }: TokenScores): tf.Tensor[] {
  return [logProbs, entropies, ...(hidden === undefined ? [] : [hidden])];
}

/** Constants near some scores. */
function beside(scores: TokenScores, seed: number): TokenScores {
  const { logProbs, entropies, mask, hidden } = withoutGradient(() => scores);
  const moved = <T extends tf.Tensor>(tensor: T) =>
    tf.sub(tensor, tf.randomUniform(tensor.shape, 0.05, 1, 'float32', seed)) as T;
  return {
    logProbs: moved(logProbs),
    entropies: moved(entropies),
    mask,
    ...(hidden === undefined ? {} : { hidden: moved(hidden) }),
  };
}
