import * as tf from '@tensorflow/tfjs-core';
import { NOTHING, takeRows } from '../model/take-rows.js';

/**
 * Where the tokens of B completions lie in a [B, T] rectangle padded on the right, given the tokens of the distinct ones
 * among them, one after the other.
 */
export class Rectangle {
  readonly height: number;
  readonly width: number;
  /** [B·T] the token at each position. */
  readonly #source: Int32Array;
  readonly #trivial: boolean;

  /**
   * @param lengths of the distinct completions.
   * @param index [B] which of them each completion is.
   */
  constructor(lengths: readonly number[], index: readonly number[]) {
    this.height = index.length;
    this.width = Math.max(...lengths);
    const starts: number[] = [];
    lengths.reduce((start, length) => {
      starts.push(start);
      return start + length;
    }, 0);
    this.#source = new Int32Array(this.height * this.width).fill(NOTHING);
    index.forEach((sequence, row) => {
      const start = starts[sequence] as number;
      const length = lengths[sequence] as number;
      for (let token = 0; token < length; token++) this.#source[row * this.width + token] = start + token;
    });
    this.#trivial = this.#source.every((token, place) => token === place);
  }

  /** [B, T] 1 on tokens, 0 on padding. */
  mask(): tf.Tensor2D {
    const values = Float32Array.from(this.#source, (token) => (token === NOTHING ? 0 : 1));
    return tf.tensor2d(values, [this.height, this.width]);
  }

  /**
   * @param x [M, …] one row a token of the distinct completions.
   * @returns [B·T, …] with zeros on padding.
   */
  fill<T extends tf.Tensor>(x: T): T {
    return this.#trivial ? x : takeRows(x, this.#source);
  }
}
