import { requireNames } from '@cppo/checked-options';
import { requireGradients } from '@cppo/tape';
import * as tf from '@tensorflow/tfjs-core';

/** Finite stand-in for log 0, so that 0 · log 0 is 0 when a logit is −∞. */
const LOG_OF_ZERO = -1e30;

/** log softmax(logits / temperature) over the last axis; finite even where a logit is −∞. */
function logDistribution(logits: tf.Tensor, temperature: number): tf.Tensor {
  const scaled = temperature === 1 ? logits : tf.div(logits, temperature);
  const shifted = tf.sub(scaled, tf.max(scaled, -1, true));
  const logTotal = tf.log(tf.sum(tf.exp(shifted), -1, true));
  return tf.maximum(tf.sub(shifted, logTotal), LOG_OF_ZERO);
}

/** [..., V] logits to [...] entropies. Not for use under a tape: keeps every intermediate. */
export function entropyOfLogits(logits: tf.Tensor, temperature: number): tf.Tensor {
  return tf.tidy(() => {
    const logs = logDistribution(logits, temperature);
    // Rounding can leave −1e-8 for a one-hot distribution.
    return tf.relu(tf.neg(tf.sum(tf.mul(tf.exp(logs), logs), -1)));
  });
}

/**
 * Gradient of Σ dy·H with respect to the logits:  ∂H/∂z_v = −p_v·(log p_v + H) / temperature.
 *
 * @param dy [...] upstream gradient.
 */
export function entropyGradient(logits: tf.Tensor, dy: tf.Tensor, temperature: number): tf.Tensor {
  return tf.tidy(() => {
    const logs = logDistribution(logits, temperature);
    const probabilities = tf.exp(logs);
    const entropy = tf.neg(tf.sum(tf.mul(probabilities, logs), -1, true));
    const direction = tf.mul(probabilities, tf.add(logs, entropy));
    return tf.mul(direction, tf.expandDims(tf.mul(dy, -1 / temperature), -1));
  });
}

export function assertTemperature(caller: string, temperature: number): void {
  if (!(temperature > 0) || !Number.isFinite(temperature)) {
    throw new RangeError(`${caller}: temperature is ${temperature}; expected a finite number above 0.`);
  }
}

export interface TokenEntropyOptions {
  /** Logits are divided by it first. Default 1. */
  readonly temperature?: number;
}

/**
 * Entropy of the token distribution at each position, over the whole vocabulary.
 *
 *   H = −Σ_v p_v·log p_v,   p = softmax(logits / temperature)
 *
 * Stable for logits of any size, −∞ (a banned token) included. Differentiable; the backward pass
 * recomputes the distribution instead of keeping it.
 *
 * @param logits [..., V].
 * @param options `temperature`: logits are divided by it first. Default 1.
 * @returns [...] nats, in [0, ln V].
 * @throws RangeError when the logits are not [..., V] or the temperature is not positive.
 * @example
 * // Two equally probable tokens, then one that is certain.
 * tokenEntropy(tf.tensor([[0, 0], [200, 0]])); // [0.6931, 0]
 */
export function tokenEntropy(logits: tf.Tensor, options: TokenEntropyOptions = {}): tf.Tensor {
  requireNames('tokenEntropy', options, { temperature: true });
  requireGradients('tokenEntropy');
  const { temperature = 1 } = options;
  assertTemperature('tokenEntropy', temperature);
  if (!(logits instanceof tf.Tensor) || !logits.shape.at(-1)) {
    const found = logits instanceof tf.Tensor ? `of shape [${logits.shape}]` : 'not a tensor';
    throw new RangeError(`tokenEntropy: logits are ${found}; expected [..., V] with V above 0.`);
  }
  const entropy = tf.customGrad((input, save) => {
    const kept = input as tf.Tensor;
    (save as tf.GradSaveFunc)([kept]);
    return {
      value: entropyOfLogits(kept, temperature),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => entropyGradient(saved[0]!, dy, temperature),
    };
  });
  return entropy(logits);
}
