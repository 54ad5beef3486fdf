import { requireNames } from '@cppo/checked-options';
import * as tf from '@tensorflow/tfjs-core';

export interface Gates {
  /** [B] A: only completions with A > 0 pass (the authors' code). */
  readonly advantages?: ArrayLike<number>;
  /** [B] accuracy rewards: only completions with a reward > 0 pass (the paper's "correct rollouts"). */
  readonly accuracies?: ArrayLike<number>;
}

/**
 * Keeps a perception mask only in completions that did well:  M ← M·[A > 0]·[accuracy > 0].
 * A gate that is not given is open.
 *
 * @param mask [B, T].
 * @param gates [B] advantages, [B] accuracy rewards, or both.
 * @returns [B, T], a new tensor.
 * @throws RangeError when the mask is not [B, T] or a gate has not B elements.
 * @example
 * gateMask(tf.ones([2, 3]), { advantages: [0.7, -0.7] }); // [[1, 1, 1], [0, 0, 0]]
 */
export function gateMask(mask: tf.Tensor2D, gates: Gates): tf.Tensor2D {
  requireNames('gateMask', gates, { advantages: true, accuracies: true });
  if (!(mask instanceof tf.Tensor) || mask.rank !== 2) {
    const found = (mask as tf.Tensor | undefined) instanceof tf.Tensor ? `[${mask.shape}]` : 'not a tensor';
    throw new RangeError(`gateMask: mask is ${found}; expected [B, T].`);
  }
  const [completions] = mask.shape;
  const open = new Float32Array(completions).fill(1);
  for (const name of ['advantages', 'accuracies'] as const) {
    const values = gates[name];
    if (values === undefined) continue;
    if (values.length !== completions) {
      throw new RangeError(
        `gateMask: ${name} has ${values.length} elements and mask is [${mask.shape}]; expected one per completion.`,
      );
    }
    for (let b = 0; b < completions; b++) if (!(values[b]! > 0)) open[b] = 0;
  }
  return tf.tidy(() => tf.mul(mask, tf.tensor2d(open, [completions, 1])));
}
