import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from '../model/differentiable.js';

/**
 * Row rows[i] of x for every i. The gradient adds up the rows that were taken several times,
 * by gathering, since not every backend can scatter.
 *
 * @param x [N, D]
 * @param rows [M]
 * @returns [M, D]
 */
export function takeRows(x: tf.Tensor2D, rows: Int32Array): tf.Tensor2D {
  const [count, size] = x.shape;
  const uses = new Map<number, number[]>();
  rows.forEach((row, index) => {
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
  return differentiable<tf.Tensor2D>(
    [x],
    [],
    () => tf.gather(x, tf.tensor1d(rows, 'int32')),
    (dy) => {
      const padded = tf.concat([dy, tf.zeros<tf.Rank.R2>([1, size])], 0);
      if (repeated.length === 0) return [tf.gather(padded, tf.tensor1d(once, 'int32'))];
      const several = tf.reshape(tf.gather(padded, tf.tensor1d(table, 'int32')), [
        repeated.length,
        most,
        size,
      ]);
      const sums = tf.concat([padded, tf.sum(several, 1) as tf.Tensor2D], 0);
      return [tf.gather(sums, tf.tensor1d(once, 'int32'))];
    },
  );
}

/** Where the tokens of B sequences, one after the other, lie in a [B, T] rectangle padded on the right. */
export class Rectangle {
  readonly height: number;
  readonly width: number;
  readonly #places: Int32Array;
  readonly #padded: boolean;

  constructor(lengths: readonly number[]) {
    this.height = lengths.length;
    this.width = Math.max(...lengths);
    this.#padded = lengths.some((length) => length < this.width);
    this.#places = Int32Array.from(
      lengths.flatMap((length, row) => Array.from({ length }, (_, token) => row * this.width + token)),
    );
  }

  /** [B, T] 1 on tokens, 0 on padding. */
  mask(): tf.Tensor2D {
    const values = new Float32Array(this.height * this.width);
    for (const place of this.#places) values[place] = 1;
    return tf.tensor2d(values, [this.height, this.width]);
  }

  /**
   * @param x [M, …] one row a token.
   * @returns [B·T, …] with zeros on padding.
   */
  fill(x: tf.Tensor): tf.Tensor {
    if (!this.#padded) return x;
    const zero = tf.zeros([1, ...x.shape.slice(1)]);
    const source = new Int32Array(this.height * this.width).fill(x.shape[0] as number);
    this.#places.forEach((place, row) => {
      source[place] = row;
    });
    return differentiable(
      [x],
      [],
      () => tf.gather(tf.concat([x, zero], 0), tf.tensor1d(source, 'int32')),
      (dy) => [tf.gather(dy, tf.tensor1d(this.#places, 'int32'))],
    );
  }
}
