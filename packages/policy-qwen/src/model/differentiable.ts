import * as tf from '@tensorflow/tfjs-core';

/**
 * An operation with a hand-written gradient.
 *
 * A thin layer over `tf.customGrad` that takes care of what is easily done wrong there: exactly what the gradient
 * needs is kept until the backward pass (the forward pass disposes the rest), variables are not copied for it,
 * and the gradient's own intermediates are freed.
 *
 * @param inputs the tensors that receive a gradient.
 * @param needed the tensors that `gradient` reads, inputs or not; it must not use others.
 * @param forward computes the value; runs off the tape.
 * @param gradient from the gradient of the value and the needed tensors to one gradient per input.
 */
export function differentiable<T extends tf.Tensor>(
  inputs: readonly tf.Tensor[],
  needed: readonly tf.Tensor[],
  forward: () => T,
  gradient: (dy: T, needed: readonly tf.Tensor[]) => tf.Tensor[],
): T {
  const run = tf.customGrad((...received) => {
    const save = received[received.length - 1] as tf.GradSaveFunc;
    save(needed.filter((tensor) => !(tensor instanceof tf.Variable)));
    return {
      value: forward(),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.tidy(() => {
          let next = 0;
          const restored = needed.map((tensor) =>
            tensor instanceof tf.Variable ? tensor : (saved[next++] as tf.Tensor),
          );
          return gradient(dy as T, restored);
        }),
    };
  });
  return run(...inputs) as T;
}

/** False for a variable that is not trained: it needs no gradient. */
export function isTrained(tensor: tf.Tensor): boolean {
  return !(tensor instanceof tf.Variable) || tensor.trainable;
}
