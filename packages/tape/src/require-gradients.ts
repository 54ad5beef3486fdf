import { missingGradients } from '@cppo/checked-options';
import * as tf from '@tensorflow/tfjs-core';

/** Explains, where a gradient is being taken, that none are registered; TensorFlow.js would name some operation that lacks one. */
export function requireGradients(caller: string): void {
  const differentiated = tf.engine().state.gradientDepth > 0;
  if (differentiated && tf.getGradient('Multiply') === undefined) throw missingGradients(caller);
}
