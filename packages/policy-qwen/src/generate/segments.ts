import * as tf from '@tensorflow/tfjs-core';

/** Keys and values of some tokens, [batches, tokens, hd] each. */
export interface Segment {
  readonly keys: tf.Tensor3D;
  readonly values: tf.Tensor3D;
}

/** New tokens are appended to a short segment, which is joined to the long one only when it has this many. */
const SHORT_SEGMENT = 32;

/** Keys and values of the tokens of branches, which grow by one token after another. */
export class GrowingSegments {
  #long: Segment | undefined;
  #short: Segment | undefined;

  get long(): Segment | undefined {
    return this.#long;
  }

  get short(): Segment | undefined {
    return this.#short;
  }

  /** Appends a token, [batches, 1, hd]. */
  append(token: Segment): void {
    const short = this.#short;
    this.grow(short ? join(short, token) : { keys: tf.clone(token.keys), values: tf.clone(token.values) });
  }

  /** Takes the short segment with one more token. */
  grow(short: Segment): void {
    if (this.#short) tf.dispose({ ...this.#short });
    this.#short = keep(short);
    if (short.keys.shape[1] < SHORT_SEGMENT) return;
    this.#short = undefined;
    const long = this.#long;
    this.#long = long ? keep(join(long, short)) : short;
    if (long) tf.dispose([{ ...long }, { ...short }]);
  }

  /** Keeps or repeats some batches. @param rows int32 */
  select(rows: tf.Tensor1D): void {
    if (this.#long) this.#long = replace(this.#long, (x) => tf.gather(x, rows));
    if (this.#short) this.#short = replace(this.#short, (x) => tf.gather(x, rows));
  }

  dispose(): void {
    for (const segment of [this.#long, this.#short]) if (segment) tf.dispose({ ...segment });
  }
}

/** Keys and values of P prompts in every layer, [P·KV, L, hd], which their branches share; all of it is its own. */
export class PromptSegments {
  #layers: Segment[];
  #bias: tf.Tensor4D | undefined;

  /** @param bias [P·KV, 1, 1, L] for prompts of different lengths, which are padded. */
  constructor(layers: readonly Segment[], bias: tf.Tensor4D | undefined) {
    this.#layers = layers.map(keep);
    this.#bias = bias && tf.keep(bias);
  }

  get layers(): readonly Segment[] {
    return this.#layers;
  }

  get bias(): tf.Tensor4D | undefined {
    return this.#bias;
  }

  /** Keeps some prompts only. @param rows int32, of the P·KV batches. */
  select(rows: tf.Tensor1D): void {
    this.#layers = this.#layers.map((segment) => replace(segment, (x) => tf.gather(x, rows)));
    const bias = this.#bias;
    if (!bias) return;
    this.#bias = tf.keep(tf.gather(bias, rows));
    bias.dispose();
  }

  dispose(): void {
    for (const segment of this.#layers) tf.dispose({ ...segment });
    this.#bias?.dispose();
  }
}

function keep(segment: Segment): Segment {
  return { keys: tf.keep(segment.keys), values: tf.keep(segment.values) };
}

function join(first: Segment, second: Segment): Segment {
  return {
    keys: tf.concat([first.keys, second.keys], 1),
    values: tf.concat([first.values, second.values], 1),
  };
}

function replace(segment: Segment, change: (x: tf.Tensor3D) => tf.Tensor3D): Segment {
  const replaced = keep({ keys: change(segment.keys), values: change(segment.values) });
  tf.dispose({ ...segment });
  return replaced;
}
