import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from '../model/differentiable.js';
import type { Weight } from '../model/weight.js';

/** Logits held at once: seven buffers of as many numbers are alive together in the backward pass. */
export const logitsAtOnce = 2 ** 23;

/**
 * Log-probability of each target token and entropy of the distribution it came from, from hidden states:
 *
 *   z = h·Wᵀ/τ,   ℓ = z_y − logsumexp(z),   H = logsumexp(z) − Σ_v p_v·z_v
 *
 * Works through the tokens in chunks and computes the logits again in the backward pass, so that [M, V] logits
 * never exist as a whole. Both results are differentiable, in the hidden states and in W.
 *
 * @param hidden [M, D] after the final norm.
 * @param head [V, D]
 * @param targets int32 [M]
 * @param temperature τ > 0.
 * @param chunk tokens per chunk; by default as many as keep the logits within 2²³ numbers.
 * @returns [2, M] log-probabilities and entropies, nats.
 */
export function tokenLogProbs(
  hidden: tf.Tensor2D,
  head: Weight,
  targets: tf.Tensor1D,
  temperature: number,
  chunk = Math.max(1, Math.floor(logitsAtOnce / head.shape[0])),
): tf.Tensor2D {
  const { trained } = head;
  return differentiable<tf.Tensor2D>(
    trained ? [hidden, trained] : [hidden],
    [hidden, targets],
    () => {
      const pieces = chunks(hidden.shape[0], chunk).map(([start, size]) =>
        tf.tidy(() => {
          const { logits, probabilities } = distributions(rows(hidden, start, size), head, temperature);
          const { logSum, entropy } = summary(logits, probabilities);
          const chosen = pick(logits, tf.slice(targets, start, size));
          return tf.stack([
            tf.sub(chosen, tf.reshape(logSum, [-1])),
            tf.reshape(entropy, [-1]),
          ]) as tf.Tensor2D;
        }),
      );
      return pieces.length === 1 ? (pieces[0] as tf.Tensor2D) : tf.concat(pieces, 1);
    },
    (dy, needed) => {
      const [hidden, targets] = needed as [tf.Tensor2D, tf.Tensor1D];
      const dHidden: tf.Tensor2D[] = [];
      let dHead: tf.Tensor2D | undefined;
      for (const [start, size] of chunks(hidden.shape[0], chunk)) {
        const h = rows(hidden, start, size);
        const dLogits = tf.tidy(() => {
          const { logits, probabilities } = distributions(h, head, temperature);
          const { logSum, entropy } = summary(logits, probabilities);
          const dLogProb = tf.reshape(tf.slice(dy, [0, start], [1, size]), [-1, 1]);
          const dEntropy = tf.reshape(tf.slice(dy, [1, start], [1, size]), [-1, 1]);
          // ∂ℓ/∂z = 1[v = y] − p and ∂H/∂z = −p·(log p + H)
          const slope = tf.add(tf.mul(tf.add(logits, tf.sub(entropy, logSum)), dEntropy), dLogProb);
          const chosen = tf.oneHot(tf.slice(targets, start, size), head.shape[0], 1, 0, 'float32');
          return tf.mul(
            tf.sub(tf.mul(chosen, dLogProb), tf.mul(probabilities, slope)),
            1 / temperature,
          ) as tf.Tensor2D;
        });
        dHidden.push(head.inputGradient(dLogits));
        if (trained) {
          const previous: tf.Tensor2D | undefined = dHead;
          dHead = tf.tidy(() => {
            const share = tf.matMul(dLogits, h, true, false) as tf.Tensor2D;
            return previous ? (tf.add(previous, share) as tf.Tensor2D) : share;
          });
          previous?.dispose();
        }
        dLogits.dispose();
      }
      const dh = dHidden.length === 1 ? (dHidden[0] as tf.Tensor2D) : tf.concat(dHidden, 0);
      return dHead ? [dh, dHead] : [dh];
    },
  );
}

function chunks(total: number, size: number): [start: number, size: number][] {
  const result: [number, number][] = [];
  for (let start = 0; start < total; start += size) result.push([start, Math.min(size, total - start)]);
  return result;
}

function rows(x: tf.Tensor2D, start: number, size: number): tf.Tensor2D {
  return size === x.shape[0] ? x : tf.slice(x, [start, 0], [size, -1]);
}

function distributions(hidden: tf.Tensor2D, head: Weight, temperature: number) {
  const scaled = temperature === 1 ? hidden : (tf.mul(hidden, 1 / temperature) as tf.Tensor2D);
  const logits = head.product(scaled);
  return { logits, probabilities: tf.softmax(logits) };
}

/** Both [M, 1]. logsumexp(z) = max z − log max p, which spares a second exponential. */
function summary(logits: tf.Tensor2D, probabilities: tf.Tensor2D) {
  const logSum = tf.sub(tf.max(logits, 1, true), tf.log(tf.max(probabilities, 1, true)));
  return { logSum, entropy: tf.sub(logSum, tf.sum(tf.mul(probabilities, logits), 1, true)) };
}

/** Element target[i] of row i. */
function pick(logits: tf.Tensor2D, targets: tf.Tensor1D): tf.Tensor1D {
  const [count, vocabulary] = logits.shape;
  const starts = tf.tensor1d(
    Int32Array.from({ length: count }, (_, row) => row * vocabulary),
    'int32',
  );
  return tf.gather(tf.reshape(logits, [-1]), tf.add(starts, targets)) as tf.Tensor1D;
}
