import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.js';

/** Marks a row of zeros in place of a row number. */
export const NOTHING = -1;

/**
 * Row rows[i] of x for every i, zeros where that is −1. The gradient adds up the rows that were taken several times,
 * by gathering, since not every backend can scatter.
 *
 * @param x [N, …]
 * @param rows [M]
 * @returns [M, …]
 */
export function takeRows<T extends tf.Tensor>(x: T, rows: Int32Array): T {
  const count = x.shape[0] as number;
  const uses = new Map<number, number[]>();
  rows.forEach((row, index) => {
    if (row === NOTHING) return;
    const seen = uses.get(row);
    if (seen) seen.push(index);
    else uses.set(row, [index]);
  });
  const once = new Int32Array(count).fill(rows.length);
  const repeated: [row: number, uses: number[]][] = [];
  for (const [row, indices] of uses) {
    if (indices.length === 1) once[row] = indices[0] as number;
    else repeated.push([row, indices]);
  }
  const most = Math.max(0, ...repeated.map(([, indices]) => indices.length));
  const table = new Int32Array(repeated.length * most).fill(rows.length);
  repeated.forEach(([row, indices], at) => {
    table.set(indices, at * most);
    once[row] = rows.length + 1 + at;
  });
  return differentiable<T>(
    [x],
    [],
    () => {
      if (!rows.includes(NOTHING)) return tf.gather(x, tf.tensor1d(rows, 'int32')) as T;
      const places = rows.map((row) => (row === NOTHING ? count : row));
      return tf.gather(withZeroRow(x), tf.tensor1d(places, 'int32')) as T;
    },
    (dy) => {
      const complete = rows.length === count && repeated.length === 0 && !rows.includes(NOTHING);
      const padded = complete ? dy : withZeroRow(dy);
      if (repeated.length === 0) return [tf.gather(padded, tf.tensor1d(once, 'int32'))];
      const several = tf.reshape(tf.gather(padded, tf.tensor1d(table, 'int32')), [
        repeated.length,
        most,
        ...x.shape.slice(1),
      ]);
      const sums = tf.concat([padded, tf.sum(several, 1)], 0);
      return [tf.gather(sums, tf.tensor1d(once, 'int32'))];
    },
  );
}

function withZeroRow(x: tf.Tensor): tf.Tensor {
  return tf.concat([x, tf.zeros([1, ...x.shape.slice(1)])], 0);
}
