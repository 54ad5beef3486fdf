import { requireNames } from '@cppo/checked-options';
import * as tf from '@tensorflow/tfjs-core';
import { asHead, type Head, type HeadWeight } from './head.js';

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
  const { trained } = asHead(headWeight);
  const headGradient = (input.headGradient ?? true) && trained !== undefined;
  const refHeadWeight = input.refHeadWeight ?? headWeight;
  const [vocabulary, depth] = headWeight.shape;
  const fits = hidden.shape.at(-1) === depth && `${hidden.shape}` === `${refHidden.shape}`;
  if (!fits || `${refHeadWeight.shape}` !== `${headWeight.shape}`) {
    throw new RangeError(
      `exactKl: hidden is [${hidden.shape}], refHidden [${refHidden.shape}], headWeight [${vocabulary},${depth}] and refHeadWeight [${refHeadWeight.shape}]; expected [..., D] twice and [V, D] twice.`,
    );
  }
  const positions = hidden.size / depth;
  const rows = (states: tf.Tensor, start: number, count: number) =>
    tf.slice(tf.reshape(states, [positions, depth]) as tf.Tensor2D, [start, 0], [count, depth]);
  const logSoftmax = (states: tf.Tensor2D, head: Head) =>
    tf.logSoftmax(tf.div(head.product(states), temperature)) as tf.Tensor2D;

  /** log p, log p − log q and KL of some positions. */
  const compare = (states: tf.Tensor, head: Head, ref: tf.Tensor, refHead: Head, start: number) => {
    const count = Math.min(chunk, positions - start);
    const part = rows(states, start, count);
    const logP = logSoftmax(part, head);
    const difference = tf.sub<tf.Tensor2D>(logP, logSoftmax(rows(ref, start, count), refHead));
    const kl = tf.sum(tf.mul(tf.exp(logP), difference), 1, true) as tf.Tensor2D;
    return { part, logP, difference, kl };
  };
  const starts = Array.from({ length: Math.ceil(positions / chunk) }, (_, index) => index * chunk);

  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    const heads = [headWeight, refHeadWeight];
    // Save plain tensors, which may be disposed before the backward pass; the caller keeps a `Head` alive.
    save([args[0] as tf.Tensor, refHidden, ...heads.filter((weight) => weight instanceof tf.Tensor)]);
    const [head, refHead] = heads.map(asHead) as [Head, Head];
    const parts = starts.map((start) =>
      tf.tidy(() => tf.squeeze(compare(args[0] as tf.Tensor, head, refHidden, refHead, start).kl, [1])),
    );
    return {
      value: tf.reshape(tf.concat(parts), hidden.shape.slice(0, -1)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [states, ref, ...plain] = saved as [tf.Tensor, tf.Tensor, ...tf.Tensor2D[]];
        const restored = heads.map((weight) => (weight instanceof tf.Tensor ? plain.shift() : weight));
        const [head, refHead] = restored.map((weight) => asHead(weight as HeadWeight)) as [Head, Head];
        const upstream = tf.reshape(dy, [positions, 1]) as tf.Tensor2D;
        const hiddenParts: tf.Tensor2D[] = [];
        let headSum: tf.Tensor2D = tf.zeros([headGradient ? vocabulary : 0, depth]);
        for (const start of starts) {
          const [hiddenPart, nextHeadSum] = tf.tidy(() => {
            const { part, logP, difference, kl } = compare(states, head, ref, refHead, start);
            const towards = tf.mul(tf.exp(logP), tf.sub(difference, kl));
            const above = tf.div(tf.slice(upstream, [start, 0], [part.shape[0], 1]), temperature);
            const logitGradient = tf.mul(towards, above) as tf.Tensor2D;
            const added = headGradient
              ? tf.add(headSum, tf.matMul(logitGradient, part, true, false))
              : tf.clone(headSum);
            return [head.inputGradient(logitGradient), added] as [tf.Tensor2D, tf.Tensor2D];
          });
          headSum.dispose();
          headSum = nextHeadSum;
          hiddenParts.push(hiddenPart);
        }
        const hiddenGradient = tf.reshape(tf.concat(hiddenParts), hidden.shape);
        return headGradient ? [hiddenGradient, headSum] : [hiddenGradient];
      },
    };
  });
  return headGradient && trained ? run(hidden, trained) : run(hidden);
}
