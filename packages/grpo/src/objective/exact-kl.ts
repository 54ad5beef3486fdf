import { requireNames } from '@cppo/checked-options';
import { vocabularyDistances } from '@cppo/tape';
import * as tf from '@tensorflow/tfjs-core';
import type { HeadWeight } from './head.js';

export interface ExactKlInput {
  /** [..., D] hidden states under the policy, after the final norm. */
  readonly hidden: tf.Tensor;
  /** [V, D] output embedding of the policy; logits = hidden · headWeightᵀ. */
  readonly headWeight: HeadWeight;
  /** [..., D] hidden states under the reference; carry no gradient. */
  readonly refHidden: tf.Tensor;
  /** [V, D] output embedding of the reference, without gradient. Default the policy's. */
  readonly refHeadWeight?: HeadWeight;
  /** Logits are divided by it. Default 1. */
  readonly temperature?: number;
  /** Positions whose logits exist at one time. Default 128. */
  readonly chunk?: number;
  /** False spares the gradient with respect to `headWeight`, when it is not trained. Default true for a tensor. */
  readonly headGradient?: boolean;
}

/**
 * Computes KL(π‖π_ref) of every position over the whole vocabulary, not from the sampled token.
 *
 *   KL = Σ_v p(v)·(log p(v) − log q(v)),   ∂KL/∂z = p·(log p − log q − KL)
 *
 * Holds logits of at most `chunk` positions at a time; the backward pass recomputes them.
 *
 * @param input hidden states [..., D] of both models, and their output embeddings [V, D].
 * @returns [...] nats, at least 0 up to rounding; differentiable by `hidden` and `headWeight`.
 * @throws RangeError when shapes disagree.
 * @example
 * const hidden = tf.tensor2d([[1, 0]]);
 * const refHidden = tf.tensor2d([[0, 1]]);
 * exactKl({ hidden, refHidden, headWeight: tf.eye(2) }); // [0.4621]
 */
export function exactKl(input: ExactKlInput): tf.Tensor {
  requireNames('exactKl', input, {
    hidden: true,
    headWeight: true,
    refHidden: true,
    refHeadWeight: true,
    temperature: true,
    chunk: true,
    headGradient: true,
  });
  const { hidden, headWeight, refHidden, temperature = 1, chunk = 128 } = input;
  const refHeadWeight = input.refHeadWeight ?? headWeight;
  const [vocabulary, depth] = headWeight.shape;
  const fits = hidden.shape.at(-1) === depth && `${hidden.shape}` === `${refHidden.shape}`;
  if (!fits || `${refHeadWeight.shape}` !== `${headWeight.shape}`) {
    throw new RangeError(
      `exactKl: hidden is [${hidden.shape}], refHidden [${refHidden.shape}], headWeight [${vocabulary},${depth}] and refHeadWeight [${refHeadWeight.shape}]; expected [..., D] twice and [V, D] twice.`,
    );
  }
  const rows = (states: tf.Tensor) => tf.reshape(states, [hidden.size / depth, depth]) as tf.Tensor2D;
  return tf.tidy(() => {
    const kl = vocabularyDistances(
      [
        { rows: rows(hidden), carries: true },
        { rows: rows(refHidden), carries: false, head: refHeadWeight },
      ],
      headWeight,
      { distance: 'kl', temperature, chunk, headGradient: input.headGradient ?? true },
    );
    return tf.reshape(kl, hidden.shape.slice(0, -1));
  });
}
