import { missingGradients } from '@cppo/checked-options';
import { connectedZero } from '@cppo/tape';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Value and gradients of a loss, as `tf.variableGrads`, which leaves everything that it saved for the backward pass
 * behind when the loss throws (TensorFlow.js 4.22). Here a thrown error frees it and is thrown on.
 *
 * @returns tensors to dispose; gradients by name of the variable.
 * @throws Error when TensorFlow.js has no gradients registered.
 */
export function lossGradients(
  loss: () => tf.Scalar,
  variables: readonly tf.Variable[],
): { value: tf.Scalar; grads: Record<string, tf.Tensor> } {
  if (tf.getGradient('Multiply') === undefined) throw missingGradients('trainingStep');
  let thrown: { readonly error: unknown } | undefined;
  const { value, grads } = tf.variableGrads(() => {
    try {
      return loss();
    } catch (error) {
      thrown = { error };
      return connectedZero([variables[0]!]);
    }
  }, [...variables]);
  if (thrown === undefined) return { value, grads };
  tf.dispose([value, grads]);
  throw thrown.error;
}
