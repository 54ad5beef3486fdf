import * as tf from '@tensorflow/tfjs-core';
import type { QwenTextConfig } from '../config.js';
import { attendToSets, type KeySet } from '../model/key-sets.js';
import type { BranchGrid } from './branches.js';

/** Keys and values of some tokens, [batches, tokens, hd] each. */
interface Segment {
  readonly keys: tf.Tensor3D;
  readonly values: tf.Tensor3D;
}

/** New tokens are appended to a short segment, which is joined to the long one only when it has this many. */
const SHORT_SEGMENT = 32;

/** Where the rows of N branches stand in the rectangle [P, width] of a grid. */
export interface Placement {
  readonly prompts: number;
  readonly width: number;
  /** Undefined when every slot has a branch: rows are slots then. */
  readonly ragged:
    | {
        /** int32 [P·width] the row that each slot is filled from; some row or other where nobody reads. */
        readonly rows: tf.Tensor1D;
        /** int32 [N] the slot of each row. */
        readonly slots: tf.Tensor1D;
      }
    | undefined;
}

/** The placement of a grid's branches; belongs to the caller's tidy. */
export function placement(grid: BranchGrid): Placement {
  const { places, width, slots } = grid;
  const prompts = grid.rows.length;
  if (places.length === slots) return { prompts, width, ragged: undefined };
  const rows = new Int32Array(slots);
  places.forEach((slot, row) => {
    rows[slot] = row;
  });
  return {
    prompts,
    width,
    ragged: { rows: tf.tensor1d(rows, 'int32'), slots: tf.tensor1d([...places], 'int32') },
  };
}

/**
 * Keys and values of one decoder layer for the branches of P prompts. A prompt's are held once and shared
 * by its branches. Batches are ordered prompt, key/value head(, branch).
 */
export class LayerCache {
  #prefix: Segment;
  readonly #bias: { current: tf.Tensor4D | undefined };
  #long: Segment | undefined;
  #short: Segment | undefined;

  /** @param prefix of the prompts, padded; owned by the cache from here on, as is nothing else. */
  constructor(prefix: Segment, bias: { current: tf.Tensor4D | undefined }) {
    this.#prefix = prefix;
    this.#bias = bias;
  }

  /**
   * Appends one token of every branch and attends with it to all before.
   *
   * @param q [N, heads·hd] rotated; k and v [N, KV·hd].
   * @returns [N, heads·hd]
   */
  step(
    q: tf.Tensor2D,
    k: tf.Tensor2D,
    v: tf.Tensor2D,
    { prompts, width: branches, ragged }: Placement,
    config: QwenTextConfig,
  ): tf.Tensor2D {
    const { keyValueHeads: kv, headDimension: hd, heads } = config;
    const width = (heads / kv) * hd;
    const byHead = (x: tf.Tensor2D, size: number) => {
      const slots = ragged ? tf.gather(x, ragged.rows) : x;
      return tf.transpose(tf.reshape(slots, [prompts, branches, kv, size]), [0, 2, 1, 3]);
    };
    this.#append({
      keys: tf.reshape(byHead(k, hd), [-1, 1, hd]) as tf.Tensor3D,
      values: tf.reshape(byHead(v, hd), [-1, 1, hd]) as tf.Tensor3D,
    });
    const queries = tf.mul(tf.reshape(byHead(q, width), [prompts * kv, -1, hd]), hd ** -0.5) as tf.Tensor3D;
    const sets: KeySet[] = [{ ...this.#prefix, bias: this.#bias.current }];
    for (const segment of [this.#long, this.#short]) if (segment) sets.push({ ...segment, bias: undefined });
    const seen = tf.reshape(attendToSets(queries, sets), [prompts, kv, branches, width]);
    const slots = tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [
      prompts * branches,
      heads * hd,
    ]) as tf.Tensor2D;
    return ragged ? tf.gather(slots, ragged.slots) : slots;
  }

  /** Keeps some prompts only. @param rows int32, of the P·KV batches of the prompts. */
  selectPrefix(rows: tf.Tensor1D): void {
    this.#prefix = replace(this.#prefix, (x) => tf.gather(x, rows));
  }

  /** Keeps or repeats some branches. @param rows int32, of the P·KV·width batches of the branches. */
  selectOwn(rows: tf.Tensor1D): void {
    if (this.#long) this.#long = replace(this.#long, (x) => tf.gather(x, rows));
    if (this.#short) this.#short = replace(this.#short, (x) => tf.gather(x, rows));
  }

  dispose(): void {
    for (const segment of [this.#prefix, this.#long, this.#short]) if (segment) tf.dispose({ ...segment });
  }

  #append(token: Segment): void {
    const short = this.#short;
    if (!short) {
      this.#short = { keys: tf.keep(tf.clone(token.keys)), values: tf.keep(tf.clone(token.values)) };
      return;
    }
    this.#short = join(short, token);
    tf.dispose({ ...short });
    if (this.#short.keys.shape[1] < SHORT_SEGMENT) return;
    const [long, full] = [this.#long, this.#short];
    this.#short = undefined;
    if (long) {
      this.#long = join(long, full);
      tf.dispose([{ ...long }, { ...full }]);
    } else {
      this.#long = full;
    }
  }
}

function join(first: Segment, second: Segment): Segment {
  return {
    keys: tf.keep(tf.concat([first.keys, second.keys], 1)),
    values: tf.keep(tf.concat([first.values, second.values], 1)),
  };
}

function replace(segment: Segment, change: (x: tf.Tensor3D) => tf.Tensor3D): Segment {
  const replaced = { keys: tf.keep(change(segment.keys)), values: tf.keep(change(segment.values)) };
  tf.dispose({ ...segment });
  return replaced;
}
