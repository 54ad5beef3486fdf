import { requireNames } from '@cppo/checked-options';
import { requireGradients } from '@cppo/tape';
import * as tf from '@tensorflow/tfjs-core';
import { assertTemperature, entropyGradient, entropyOfLogits } from './token-entropy.js';

export interface HiddenEntropyInput {
  /** [..., D] hidden states from which tokens are predicted (after the final norm). */
  readonly hidden: tf.Tensor;
  /** [V, D] output embedding; logits = hidden · weightᵀ. */
  readonly weight: tf.Tensor2D;
  /** Logits are divided by it first. Default 1. */
  readonly temperature?: number;
  /** Positions whose logits exist at one time. Default 128. */
  readonly chunk?: number;
  /** False spares the gradient with respect to `weight` (a frozen head). Default true. */
  readonly weightGradient?: boolean;
}

/**
 * `tokenEntropy` of hidden · weightᵀ, without ever holding the logits of more than `chunk` positions:
 * neither in the forward pass nor in the backward pass, which recomputes them.
 *
 * @param input [..., D] hidden states, [V, D] output embedding, and options.
 * @returns [...] nats, in [0, ln V].
 * @throws RangeError when shapes disagree or an option is out of range.
 * @example
 * const weight = tf.tensor2d([[1, 0], [0, 1]]);
 * hiddenEntropy({ hidden: tf.tensor2d([[3, 3], [0, 200]]), weight }); // [0.6931, 0]
 */
export function hiddenEntropy(input: HiddenEntropyInput): tf.Tensor {
  requireNames('hiddenEntropy', input, {
    hidden: true,
    weight: true,
    temperature: true,
    chunk: true,
    weightGradient: true,
  });
  requireGradients('hiddenEntropy');
  const { hidden, weight, temperature = 1, chunk = 128, weightGradient = true } = input;
  assertTemperature('hiddenEntropy', temperature);
  if (!Number.isInteger(chunk) || chunk < 1) {
    throw new RangeError(`hiddenEntropy: chunk is ${chunk}; expected a whole number above 0.`);
  }
  const tensors = hidden instanceof tf.Tensor && weight instanceof tf.Tensor;
  if (!tensors)
    throw new RangeError('hiddenEntropy: hidden and weight are expected to be tensors; found other values.');
  if (hidden.rank < 1 || weight.size === 0 || weight.rank !== 2 || hidden.shape.at(-1) !== weight.shape[1]) {
    throw new RangeError(
      `hiddenEntropy: hidden is [${hidden.shape}] and weight [${weight.shape}]; expected [..., D] and [V, D] with V and D above 0.`,
    );
  }
  const depth = weight.shape[1];
  const positions = hidden.size / depth;
  const leading = hidden.shape.slice(0, -1);

  const forward = (rows: tf.Tensor2D, head: tf.Tensor2D): tf.Tensor => {
    if (positions === 0) return tf.zeros(leading);
    const parts: tf.Tensor[] = [];
    for (let start = 0; start < positions; start += chunk) {
      parts.push(tf.tidy(() => entropyOfLogits(chunkLogits(rows, head, start, chunk), temperature)));
    }
    return tf.reshape(tf.concat(parts), leading);
  };

  const backward = (rows: tf.Tensor2D, head: tf.Tensor2D, dy: tf.Tensor): tf.Tensor[] => {
    const flatGradient = tf.reshape(dy, [positions]);
    const rowGradients: tf.Tensor2D[] = [];
    let headGradient: tf.Tensor2D = weightGradient ? tf.zeros<tf.Rank.R2>(head.shape) : tf.zeros([0, 0]);
    for (let start = 0; start < positions; start += chunk) {
      const [rowGradient, nextHeadGradient] = tf.tidy(() => {
        const size = Math.min(chunk, positions - start);
        const logitGradient = entropyGradient(
          chunkLogits(rows, head, start, chunk),
          tf.slice(flatGradient, start, size),
          temperature,
        ) as tf.Tensor2D;
        const part = tf.slice(rows, [start, 0], [size, depth]);
        return [
          tf.matMul(logitGradient, head),
          weightGradient
            ? tf.add(headGradient, tf.matMul(logitGradient, part, true, false))
            : tf.zeros([0, 0]),
        ] as [tf.Tensor2D, tf.Tensor2D];
      });
      headGradient.dispose();
      headGradient = nextHeadGradient;
      rowGradients.push(rowGradient);
    }
    const gradient = tf.reshape(rowGradients.length ? tf.concat(rowGradients) : rows, hidden.shape);
    return weightGradient ? [gradient, headGradient] : [gradient];
  };

  const asRows = (states: tf.Tensor) => tf.reshape(states, [positions, depth]) as tf.Tensor2D;
  // Frozen weights enter by closure, so that the tape asks for no gradient to them.
  const entropy = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    save([hidden, weight]);
    return {
      value: forward(asRows(hidden), weight),
      gradFunc: (dy: tf.Tensor, [states, head]: tf.Tensor[]) =>
        backward(asRows(states!), head as tf.Tensor2D, dy),
    };
  });
  return weightGradient ? entropy(hidden, weight) : entropy(hidden);
}

function chunkLogits(rows: tf.Tensor2D, head: tf.Tensor2D, start: number, chunk: number): tf.Tensor2D {
  const size = Math.min(chunk, rows.shape[0] - start);
  return tf.matMul(tf.slice(rows, [start, 0], [size, rows.shape[1]]), head, false, true);
}
