import * as tf from '@tensorflow/tfjs-core';

export interface ClippedGradients {
  /** Tensors by name; those given, when they were short enough already. */
  readonly gradients: Readonly<Record<string, tf.Tensor>>;
  /** Norm before clipping; not finite when a gradient is not. */
  readonly norm: number;
}

/**
 * Scales gradients so that their joint norm is at most `maxNorm`, as `torch.nn.utils.clip_grad_norm_`.
 *
 *   g ← g · min(1, maxNorm / (norm + 1e-6)),   norm = √ Σ g²  over all of them
 *
 * @param gradients tensors by name; never disposed.
 * @param maxNorm above 0; Infinity only measures.
 * @returns the norm before clipping, and either the gradients given or new tensors for all of them.
 * @throws RangeError when maxNorm is not above 0.
 * @example
 * const { gradients, norm } = await clipByGlobalNorm({ a: tf.tensor1d([3]), b: tf.tensor1d([4]) }, 1);
 * norm; // 5
 * gradients.b; // [0.8]
 */
export async function clipByGlobalNorm(
  gradients: Readonly<Record<string, tf.Tensor>>,
  maxNorm: number,
): Promise<ClippedGradients> {
  if (!(maxNorm > 0))
    throw new RangeError(`clipByGlobalNorm: maxNorm is ${maxNorm}; expected a number above 0.`);
  const tensors = Object.values(gradients);
  if (tensors.length === 0) return { gradients, norm: 0 };
  const squares = tf.tidy(() => tf.stack(tensors.map((gradient) => tf.sum(tf.square(gradient)))));
  // Added up in float64: a model has hundreds of tensors.
  const norm = Math.sqrt((await squares.data<'float32'>()).reduce((sum, square) => sum + square, 0));
  squares.dispose();
  const scale = maxNorm / (norm + 1e-6);
  if (!(scale < 1)) return { gradients, norm };
  const scaled = Object.entries(gradients).map(
    ([name, gradient]) => [name, tf.mul(gradient, scale)] as const,
  );
  return { gradients: Object.fromEntries(scaled), norm };
}
