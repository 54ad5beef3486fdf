import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.js';

/** Heads of an attention layer. Query head j reads key/value head ⌊j / (heads / keyValueHeads)⌋. */
export interface AttentionHeads {
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDimension: number;
}

/**
 * Which rows of the flat token matrix attend to which. Rows are the tokens of S sequences one after the other
 * and then, if there are any, the tokens of the continuations of each sequence: continuation tokens attend
 * to their whole sequence and causally to their own continuation.
 */
export interface AttentionPattern {
  /** Tokens of each sequence. */
  readonly lengths: readonly number[];
  /** Causal, or every token to every token of its sequence. */
  readonly causal: boolean;
  /** Tokens of each continuation of each sequence; a sequence may have none, a continuation no token. */
  readonly continuations?: readonly (readonly number[])[];
}

/** An `AttentionPattern` as index tensors; rows of q, k, v are moved into padded batches and back by them. */
export interface AttentionLayout {
  readonly heads: AttentionHeads;
  /** S sequences, padded to L tokens. */
  readonly sequences: number;
  readonly length: number;
  /** G continuations of each sequence, padded to T tokens; T = 0 when there are none. */
  readonly continuations: number;
  readonly continuationLength: number;
  readonly constants: LayoutConstants;
}

/** Batches are ordered sequence, key/value head, (continuation,) token. Undefined where nothing is padded or masked. */
export interface LayoutConstants {
  /** int32 [S·KV·L] row of [N·KV, …] that lies at each place of the padded sequences. */
  readonly own: tf.Tensor1D;
  /** [S·KV·L, 1] 1 on tokens, 0 on padding. */
  readonly ownValid: tf.Tensor2D | undefined;
  /** [1 or S·KV, L·rep or 1, L] added to the scores within a sequence. */
  readonly ownBias: tf.Tensor3D | undefined;
  /** int32 [S·KV·G·T] the same for continuations. */
  readonly next: tf.Tensor1D | undefined;
  readonly nextValid: tf.Tensor2D | undefined;
  /** [S·KV, 1, L] added to the scores of continuation tokens on their sequence. */
  readonly prefixBias: tf.Tensor3D | undefined;
  /** [1, T·rep, T] causal, added to the scores within a continuation. */
  readonly nextBias: tf.Tensor3D | undefined;
  /** int32 [N·KV] place of every row in the concatenation of the two batches. */
  readonly back: tf.Tensor1D;
}

// Finite, so that rows that see nothing (padding) give numbers instead of NaN.
const MASKED = -1e9;

/** Builds the index tensors of a pattern. */
export function attentionLayout(pattern: AttentionPattern, heads: AttentionHeads): AttentionLayout {
  const { lengths, causal } = pattern;
  const kv = heads.keyValueHeads;
  const repeats = heads.heads / kv;
  const sequences = lengths.length;
  const length = Math.max(...lengths);
  const nested = pattern.continuations ?? [];
  const continuations = Math.max(0, ...nested.map((group) => group.length));
  const continuationLength = Math.max(0, ...nested.flat());
  const hasNext = continuationLength > 0;

  const ownPlaces = sequences * kv * length;
  const nextPlaces = hasNext ? sequences * kv * continuations * continuationLength : 0;
  const total = lengths.reduce((sum, n) => sum + n, 0) + nested.flat().reduce((sum, n) => sum + n, 0);
  const place = new Int32Array(ownPlaces + nextPlaces).fill(-1);
  const back = new Int32Array(total * kv);
  let row = 0;
  const put = (at: number, head: number) => {
    place[at] = row * kv + head;
    back[row * kv + head] = at;
  };
  lengths.forEach((count, sequence) => {
    for (let token = 0; token < count; token++, row++) {
      for (let head = 0; head < kv; head++) put((sequence * kv + head) * length + token, head);
    }
  });
  nested.forEach((group, sequence) => {
    group.forEach((count, continuation) => {
      for (let token = 0; token < count; token++, row++) {
        for (let head = 0; head < kv; head++) {
          const batch = (sequence * kv + head) * continuations + continuation;
          put(ownPlaces + batch * continuationLength + token, head);
        }
      }
    });
  });

  const padded = lengths.some((count) => count < length);
  const keyBias = () =>
    tf.tensor3d(
      Float32Array.from({ length: sequences * kv * length }, (_, at) => (place[at] === -1 ? MASKED : 0)),
      [sequences * kv, 1, length],
    );
  const own = place.subarray(0, ownPlaces);
  const next = place.subarray(ownPlaces);
  return {
    heads,
    sequences,
    length,
    continuations,
    continuationLength,
    constants: {
      own: indices(own),
      ownValid: validity(own),
      ownBias: causal ? causalBias(length, repeats) : padded ? keyBias() : undefined,
      next: hasNext ? indices(next) : undefined,
      nextValid: hasNext ? validity(next) : undefined,
      prefixBias: hasNext && padded ? keyBias() : undefined,
      nextBias: hasNext ? causalBias(continuationLength, repeats) : undefined,
      back: tf.tensor1d(back, 'int32'),
    },
  };
}

function indices(place: Int32Array): tf.Tensor1D {
  return tf.tensor1d(
    place.map((row) => Math.max(0, row)),
    'int32',
  );
}

function validity(place: Int32Array): tf.Tensor2D | undefined {
  if (!place.includes(-1)) return undefined;
  return tf.tensor2d(
    Float32Array.from(place, (row) => (row === -1 ? 0 : 1)),
    [place.length, 1],
  );
}

function causalBias(length: number, repeats: number): tf.Tensor3D {
  const bias = new Float32Array(length * repeats * length);
  for (let token = 0; token < length; token++) {
    for (let repeat = 0; repeat < repeats; repeat++) {
      const start = (token * repeats + repeat) * length;
      bias.fill(MASKED, start + token + 1, start + length);
    }
  }
  return tf.tensor3d(bias, [1, length * repeats, length]);
}

/**
 * Scaled dot-product attention over a layout, softmax(q·kᵀ/√hd + mask)·v. The scores are computed again
 * in the backward pass instead of being kept.
 *
 * Rows are moved by gathering, so that linear layers see no padding; queries of one key/value head are laid side by side
 * instead of repeating keys and values.
 *
 * @param q [N, heads·hd]
 * @param k [N, keyValueHeads·hd]
 * @param v [N, keyValueHeads·hd]
 * @returns [N, heads·hd]
 */
export function attention(
  q: tf.Tensor2D,
  k: tf.Tensor2D,
  v: tf.Tensor2D,
  layout: AttentionLayout,
): tf.Tensor2D {
  const present = Object.entries(layout.constants).filter((entry) => entry[1] !== undefined) as [
    string,
    tf.Tensor,
  ][];
  const names = present.map(([name]) => name);
  return differentiable<tf.Tensor2D>(
    [q, k, v],
    [q, k, v, ...present.map(([, tensor]) => tensor)],
    () => forward(q, k, v, layout),
    (dy, [q, k, v, ...constants]) => {
      const restored = Object.fromEntries(names.map((name, index) => [name, constants[index]]));
      return backward(dy, q as tf.Tensor2D, k as tf.Tensor2D, v as tf.Tensor2D, {
        ...layout,
        constants: restored as unknown as LayoutConstants,
      });
    },
  );
}

/** One set of keys and values [batches, keys, hd] that some queries see; the queries are viewed as [batches, rows, hd] to match. */
export interface KeySet {
  readonly keys: tf.Tensor3D;
  readonly values: tf.Tensor3D;
  /** Added to the scores. */
  readonly bias: tf.Tensor3D | undefined;
}

/**
 * One softmax over several sets of keys, without gradient: what a decoding step needs.
 *
 * @param queries [batches, rows, hd], already scaled by 1/√hd.
 */
export function attendToSets(queries: tf.Tensor3D, sets: readonly KeySet[]): tf.Tensor3D {
  const pieces = splitKeys(weights(queries, sets), sets);
  const sums = sets.map((set, index) =>
    tf.reshape(tf.matMul(pieces[index] as tf.Tensor3D, set.values), queries.shape),
  );
  return tf.addN(sums) as tf.Tensor3D;
}

/** The keys or values of the sequences of a layout, padded: [S·KV, L, hd]. */
export function paddedKeys(x: tf.Tensor2D, layout: AttentionLayout): tf.Tensor3D {
  const { keyValueHeads, headDimension } = layout.heads;
  return batch(x, layout.constants.own, keyValueHeads, layout.sequences * keyValueHeads, headDimension);
}

function batch(
  x: tf.Tensor2D,
  index: tf.Tensor1D,
  keyValueHeads: number,
  batches: number,
  hd: number,
): tf.Tensor3D {
  const rows = tf.reshape(x, [-1, (x.shape[1] as number) / keyValueHeads]);
  return tf.reshape(tf.gather(rows, index), [batches, -1, hd]);
}

function parts(q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D, layout: AttentionLayout) {
  const { keyValueHeads: kv, headDimension: hd } = layout.heads;
  const { own, next, ownBias, prefixBias, nextBias } = layout.constants;
  const batches = layout.sequences * kv;
  const scaled = tf.mul(q, hd ** -0.5) as tf.Tensor2D;
  const keys = batch(k, own, kv, batches, hd);
  const values = batch(v, own, kv, batches, hd);
  const first = {
    queries: batch(scaled, own, kv, batches, hd),
    sets: [{ keys, values, bias: ownBias }] as KeySet[],
  };
  if (!next) return [first];
  const nextBatches = batches * layout.continuations;
  const second = {
    queries: batch(scaled, next, kv, batches, hd),
    sets: [
      { keys, values, bias: prefixBias },
      {
        keys: batch(k, next, kv, nextBatches, hd),
        values: batch(v, next, kv, nextBatches, hd),
        bias: nextBias,
      },
    ] as KeySet[],
  };
  return [first, second];
}

function asBatches(x: tf.Tensor, set: KeySet): tf.Tensor3D {
  return tf.reshape(x, [set.keys.shape[0], -1, x.shape[x.rank - 1] as number]);
}

/** [rows, Σ keys] softmax over all key sets together. */
function weights(queries: tf.Tensor3D, sets: readonly KeySet[]): tf.Tensor2D {
  const scores = sets.map((set) => {
    const product = tf.matMul(asBatches(queries, set), set.keys, false, true);
    const biased = set.bias ? tf.add(product, set.bias) : product;
    return tf.reshape(biased, [-1, set.keys.shape[1]]) as tf.Tensor2D;
  });
  return tf.softmax(scores.length === 1 ? (scores[0] as tf.Tensor2D) : tf.concat(scores, 1));
}

function splitKeys(x: tf.Tensor2D, sets: readonly KeySet[]): tf.Tensor3D[] {
  const pieces =
    sets.length === 1
      ? [x]
      : tf.split(
          x,
          sets.map((set) => set.keys.shape[1]),
          1,
        );
  return pieces.map((piece, index) => asBatches(piece, sets[index] as KeySet));
}

function forward(q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D, layout: AttentionLayout): tf.Tensor2D {
  const { heads, keyValueHeads, headDimension } = layout.heads;
  const outputs = parts(q, k, v, layout).map(({ queries, sets }) => {
    const width = (heads / keyValueHeads) * headDimension;
    return tf.reshape(attendToSets(queries, sets), [-1, width]) as tf.Tensor2D;
  });
  return backToRows(outputs, layout);
}

function backToRows(batches: readonly tf.Tensor2D[], layout: AttentionLayout): tf.Tensor2D {
  const joined = batches.length === 1 ? (batches[0] as tf.Tensor2D) : tf.concat([...batches], 0);
  const rows = tf.gather(joined, layout.constants.back);
  return tf.reshape(rows, [-1, (rows.shape[1] as number) * layout.heads.keyValueHeads]);
}

function transposedProduct(a: tf.Tensor3D | undefined, b: tf.Tensor3D): tf.Tensor3D {
  return tf.matMul(a as tf.Tensor3D, b, true, false);
}

function backward(dy: tf.Tensor2D, q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D, layout: AttentionLayout) {
  const { heads, keyValueHeads: kv, headDimension: hd } = layout.heads;
  const { own, ownValid, next, nextValid } = layout.constants;
  const repeats = heads / kv;
  const places: [tf.Tensor1D | undefined, tf.Tensor2D | undefined][] = [
    [own, ownValid],
    [next, nextValid],
  ];
  const results = parts(q, k, v, layout).map(({ queries, sets }, part) => {
    const [index, valid] = places[part] as [tf.Tensor1D, tf.Tensor2D | undefined];
    const gathered = tf.gather(tf.reshape(dy, [-1, repeats * hd]), index);
    // Padding was read from some row or other; it must send nothing back.
    const dOutput = tf.reshape(valid ? tf.mul(gathered, valid) : gathered, queries.shape);
    const joint = weights(queries, sets);
    const dJoint = tf.concat(
      sets.map((set) => {
        const product = tf.matMul(asBatches(dOutput, set), set.values, false, true);
        return tf.reshape(product, [-1, set.keys.shape[1]]) as tf.Tensor2D;
      }),
      1,
    );
    const weighted = tf.mul(joint, dJoint) as tf.Tensor2D;
    const dScores = tf.sub(weighted, tf.mul(joint, tf.sum(weighted, 1, true))) as tf.Tensor2D;
    const joints = splitKeys(joint, sets);
    const scores = splitKeys(dScores, sets);
    const dQueries = tf.addN(
      sets.map((set, index) => tf.reshape(tf.matMul(scores[index] as tf.Tensor3D, set.keys), queries.shape)),
    );
    return {
      dQueries: tf.reshape(dQueries, [-1, repeats * hd]) as tf.Tensor2D,
      dKeys: sets.map((set, index) => transposedProduct(scores[index], asBatches(queries, set))),
      dValues: sets.map((set, index) => transposedProduct(joints[index], asBatches(dOutput, set))),
    };
  });
  // A sequence's keys and values were seen by its own tokens and by its continuations.
  const gather = (pick: (result: (typeof results)[number]) => tf.Tensor3D[]) => {
    const [self, rest] = results.map(pick) as [tf.Tensor3D[], tf.Tensor3D[] | undefined];
    const shared = rest
      ? [tf.add(self[0] as tf.Tensor3D, rest[0] as tf.Tensor3D), rest[1] as tf.Tensor3D]
      : self;
    return backToRows(
      shared.map((tensor) => tf.reshape(tensor, [-1, hd])),
      layout,
    );
  };
  const dQ = backToRows(
    results.map((result) => result.dQueries),
    layout,
  );
  return [tf.mul(dQ, hd ** -0.5), gather((result) => result.dKeys), gather((result) => result.dValues)];
}
