import * as tf from '@tensorflow/tfjs-core';
import type { Weight } from './weight.js';
import type { WindowPlan } from './windows.js';

/**
 * Learned positions of patches: those of a side × side square, interpolated bilinearly to the grid of each image so that
 * the corners of both coincide.
 *
 *   p = w₀₀·e[⌊r⌋, ⌊c⌋] + w₀₁·e[⌊r⌋, ⌊c⌋+1] + w₁₀·e[⌊r⌋+1, ⌊c⌋] + w₁₁·e[⌊r⌋+1, ⌊c⌋+1],  r = row·(side − 1)/(rows − 1)
 *
 * @param positions [side², D], row by row.
 * @param grids [t, h, w] in patches of each image.
 * @returns [patches, D] in the order of the plan.
 */
export function learnedPositions(
  positions: Weight,
  grids: readonly (readonly [number, number, number])[],
  plan: WindowPlan,
): tf.Tensor2D {
  const side = Math.sqrt(positions.shape[0]);
  const count = plan.rows.length;
  const ids = new Int32Array(4 * count);
  const shares = new Float32Array(4 * count);
  let patch = 0;
  for (const [frames, rows, columns] of grids) {
    for (let i = 0; i < frames * rows * columns; i++, patch++) {
      const [top, down] = neighbours(plan.rows[patch] as number, rows, side);
      const [left, right] = neighbours(plan.columns[patch] as number, columns, side);
      [top, down].forEach((row, y) => {
        [left, right].forEach((column, x) => {
          ids[4 * patch + 2 * y + x] = row.at * side + column.at;
          shares[4 * patch + 2 * y + x] = Math.fround(row.share * column.share);
        });
      });
    }
  }
  const corners = positions.rows(tf.tensor1d(ids, 'int32'));
  const weighed = tf.mul(corners, tf.tensor2d(shares, [4 * count, 1]));
  return tf.sum(tf.reshape(weighed, [count, 4, -1]), 1) as tf.Tensor2D;
}

interface Neighbour {
  readonly at: number;
  readonly share: number;
}

/** The two places between which one of `length` places falls on a side, and the share of each. */
function neighbours(place: number, length: number, side: number): [Neighbour, Neighbour] {
  const at = length > 1 ? Math.fround(Math.fround(place * (side - 1)) / (length - 1)) : 0;
  const low = Math.min(Math.floor(at), side - 1);
  const share = Math.fround(at - low);
  return [
    { at: low, share: 1 - share },
    { at: Math.min(low + 1, side - 1), share },
  ];
}
