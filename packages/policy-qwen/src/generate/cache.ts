import * as tf from '@tensorflow/tfjs-core';
import type { QwenTextConfig } from '../config.js';
import { decoderLayer } from '../model/decoder.js';
import type { RotaryTable } from '../model/kernels.js';
import { attendToSets, type KeySet } from '../model/key-sets.js';
import type { DecoderLayerWeights } from '../model/weights.js';
import type { BranchGrid } from './branches.js';

/** Keys and values of some tokens, [batches, tokens, hd] each. */
interface Segment {
  readonly keys: tf.Tensor3D;
  readonly values: tf.Tensor3D;
}

/** New tokens are appended to a short segment, which is joined to the long one only when it has this many. */
const SHORT_SEGMENT = 32;

/**
 * Where the heads of N branches stand among the batches of attention: P prompts with room for W branches each, a
 * batch for each of their key/value heads, and in it the repeats (heads/KV) of one branch after another.
 */
export interface Placement {
  /** int32 [P·KV, W·repeats] rows of the [N·heads, hd] queries; some row or other where there is no branch. */
  readonly queryRows: tf.Tensor2D;
  /** int32 [P·KV·W, 1] rows of the [N·KV, hd] keys. */
  readonly keyRows: tf.Tensor2D;
  /** int32 [N, heads] rows of the [P·KV·W·repeats, hd] results. */
  readonly resultRows: tf.Tensor2D;
}

/** The placement of a grid's branches; belongs to the caller's tidy. */
export function placement(grid: BranchGrid, { heads, keyValueHeads: kv }: QwenTextConfig): Placement {
  const { places, width } = grid;
  const prompts = grid.rows.length;
  const repeats = heads / kv;
  const queryRows = new Int32Array(grid.slots * heads);
  const keyRows = new Int32Array(grid.slots * kv);
  const resultRows = new Int32Array(places.length * heads);
  places.forEach((slot, branch) => {
    const row = Math.floor(slot / width);
    for (let head = 0; head < heads; head++) {
      const group = Math.floor(head / repeats);
      const batch = (row * kv + group) * width + (slot % width);
      const place = batch * repeats + (head % repeats);
      queryRows[place] = branch * heads + head;
      keyRows[batch] = branch * kv + group;
      resultRows[branch * heads + head] = place;
    }
  });
  return {
    queryRows: tf.tensor2d(queryRows, [prompts * kv, width * repeats], 'int32'),
    keyRows: tf.tensor2d(keyRows, [prompts * kv * width, 1], 'int32'),
    resultRows: tf.tensor2d(resultRows, [places.length, heads], 'int32'),
  };
}

/** Whether the engine has a kernel for a whole layer, and the layer is one that it knows. */
function hasFusedStep({ q, k, v, o, gate, up, down }: DecoderLayerWeights): boolean {
  if (!tf.getKernel('CppoDecoderStep', tf.getBackend())) return false;
  const plain = [q, k, v, o, gate, up, down].every(({ adapter }) => adapter === undefined);
  return plain && [q, k, v].every(({ bias }) => bias) && [o, gate, up, down].every(({ bias }) => !bias);
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
   * The layer with one more token of every branch, which is appended to the cache.
   *
   * @param x [N, D]
   * @returns [N, D]
   */
  layer(
    x: tf.Tensor2D,
    weights: DecoderLayerWeights,
    rotary: RotaryTable,
    placement: Placement,
    config: QwenTextConfig,
  ): tf.Tensor2D {
    if (hasFusedStep(weights)) return this.#fusedLayer(x, weights, rotary, placement, config);
    return decoderLayer(x, weights, config, rotary, (q, k, v) => this.#attend(q, k, v, placement, config));
  }

  /** Appends and attends; q [N, heads·hd] rotated, k and v [N, KV·hd]. */
  #attend(
    q: tf.Tensor2D,
    k: tf.Tensor2D,
    v: tf.Tensor2D,
    { queryRows, keyRows, resultRows }: Placement,
    { headDimension: hd }: QwenTextConfig,
  ): tf.Tensor2D {
    const gathered = (x: tf.Tensor, rows: tf.Tensor): tf.Tensor3D =>
      tf.gather<tf.Tensor>(tf.reshape(x, [-1, hd]), rows as tf.Tensor1D) as tf.Tensor3D;
    const token = { keys: gathered(k, keyRows), values: gathered(v, keyRows) };
    const short = this.#short;
    this.#grow(short ? join(short, token) : { keys: tf.clone(token.keys), values: tf.clone(token.values) });
    const queries = tf.mul(gathered(q, queryRows), hd ** -0.5) as tf.Tensor3D;
    const sets: KeySet[] = [{ ...this.#prefix, bias: this.#bias.current }];
    for (const segment of [this.#long, this.#short]) if (segment) sets.push({ ...segment, bias: undefined });
    return tf.reshape(gathered(attendToSets(queries, sets), resultRows), q.shape);
  }

  #fusedLayer(
    x: tf.Tensor2D,
    { inputNorm, q, k, v, o, attentionNorm, gate, up, down }: DecoderLayerWeights,
    { cos, sin }: RotaryTable,
    placement: Placement,
    config: QwenTextConfig,
  ): tf.Tensor2D {
    const { headDimension, heads, keyValueHeads, normEpsilon: epsilon } = config;
    const empty = tf.zeros([placement.keyRows.shape[0], 0, headDimension]) as tf.Tensor3D;
    const nothing: Segment = { keys: empty, values: empty };
    const long = this.#long ?? nothing;
    const short = this.#short ?? nothing;
    const [y, keys, values] = tf.engine().runKernel(
      'CppoDecoderStep',
      {
        ...{ x, inputNorm, attentionNorm, cos, sin },
        ...{ q: q.weight, k: k.weight, v: v.weight, o: o.weight },
        ...{ qBias: q.bias as tf.Tensor, kBias: k.bias as tf.Tensor, vBias: v.bias as tf.Tensor },
        ...{ gate: gate.weight, up: up.weight, down: down.weight },
        ...{ prefixKeys: this.#prefix.keys, prefixValues: this.#prefix.values },
        prefixBias: this.#bias.current ?? tf.zeros([1, 1, 1, 1]),
        ...{ longKeys: long.keys, longValues: long.values, shortKeys: short.keys, shortValues: short.values },
        ...placement,
      },
      { epsilon, heads, keyValueHeads, headDimension },
    ) as [tf.Tensor2D, tf.Tensor3D, tf.Tensor3D];
    this.#grow({ keys, values });
    return y;
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

  /** Takes the short segment with one more token, and joins it to the long one when it is full. */
  #grow(short: Segment): void {
    if (this.#short) tf.dispose({ ...this.#short });
    this.#short = keep(short);
    if (short.keys.shape[1] < SHORT_SEGMENT) return;
    this.#short = undefined;
    const long = this.#long;
    this.#long = long ? keep(join(long, short)) : short;
    if (long) tf.dispose([{ ...long }, { ...short }]);
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
  const replaced = { keys: tf.keep(change(segment.keys)), values: tf.keep(change(segment.values)) };
  tf.dispose({ ...segment });
  return replaced;
}
