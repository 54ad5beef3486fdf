import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.js';

/**
 * Divides what the vision tower saw.
 *
 * @param seen [M, (1 + n)·D] of n deep features; undefined for no images.
 * @param hidden D
 * @returns the rows [M, D] that replace the image tokens, and those that are added after the first n layers.
 */
export function divideSeen(
  seen: tf.Tensor2D | undefined,
  hidden: number,
): { vision: tf.Tensor2D | undefined; deep: readonly tf.Tensor2D[] } {
  if (!seen || seen.shape[1] === hidden) return { vision: seen, deep: [] };
  const [vision, ...deep] = tf.split<tf.Tensor2D>(seen, seen.shape[1] / hidden, 1);
  return { vision, deep };
}

/** Where image tokens stand. */
export interface ImagePlaces {
  /** int32 [M] */
  readonly places: tf.Tensor1D;
  /** int32 [N] for each token the number of its row among the images' plus 1, 0 where it is text. */
  readonly sources: tf.Tensor1D;
}

export function imagePlaces(ids: Int32Array, imageToken: number): ImagePlaces {
  const places: number[] = [];
  const sources = ids.map((id, place) => (id === imageToken ? places.push(place) : 0));
  return { places: tf.tensor1d(places, 'int32'), sources: tf.tensor1d(sources, 'int32') };
}

/**
 * Adds rows to the states of image tokens.
 *
 * @param x [N, D]
 * @param rows [M, D]
 */
export function addToImages(
  x: tf.Tensor2D,
  rows: tf.Tensor2D,
  { places, sources }: ImagePlaces,
): tf.Tensor2D {
  return differentiable<tf.Tensor2D>(
    [x, rows],
    [places],
    () => {
      const withNothing = tf.concat([tf.zeros([1, rows.shape[1]]) as tf.Tensor2D, rows], 0);
      return tf.add(x, tf.gather(withNothing, sources));
    },
    (dy, [places]) => [tf.clone(dy), tf.gather(dy, places as tf.Tensor1D)],
  );
}
