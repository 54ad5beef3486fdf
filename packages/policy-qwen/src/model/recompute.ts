import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.js';

/**
 * Gradient checkpointing: runs `layer` without keeping its intermediate results, and runs it again during the
 * backward pass (arXiv:1604.06174). Of L layers, L inputs and one layer's activations are held at a time.
 *
 * @param x the layer's input.
 * @param variables every trained variable that `layer` uses.
 * @param constants every other tensor that `layer` uses; handed back to it by position.
 */
export function recompute<T extends tf.Tensor>(
  x: T,
  variables: readonly tf.Variable[],
  constants: readonly tf.Tensor[],
  layer: (x: T, constants: readonly tf.Tensor[]) => T,
): T {
  return differentiable<T>(
    [x, ...variables],
    [x, ...constants],
    () => layer(x, constants),
    (dy, [x, ...constants]) => {
      const inputs = [x as T, ...variables];
      return onOwnTape(() => {
        const { grads } = tf.engine().gradients(() => layer(x as T, constants), inputs, dy, true);
        return grads.map((gradient, index) => gradient ?? tf.zerosLike(inputs[index] as tf.Tensor));
      });
    },
  );
}

/**
 * TensorFlow.js has one tape. Taking gradients inside a gradient function replaces the outer one and leaves null
 * in its place, at which the outer pass stumbles when it cleans up: so it is put back.
 */
function onOwnTape<T>(f: () => T): T {
  const state = tf.engine().state;
  const outer = state.activeTape;
  try {
    return f();
  } finally {
    state.activeTape = outer;
  }
}
