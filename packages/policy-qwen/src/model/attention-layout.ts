import * as tf from '@tensorflow/tfjs-core';

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
  /** [1 or S·KV, L or 1, 1, L] added to the scores within a sequence. */
  readonly ownBias: tf.Tensor4D | undefined;
  /** int32 [S·KV·G·T] the same for continuations. */
  readonly next: tf.Tensor1D | undefined;
  readonly nextValid: tf.Tensor2D | undefined;
  /** [S·KV, 1, 1, L] added to the scores of continuation tokens on their sequence. */
  readonly prefixBias: tf.Tensor4D | undefined;
  /** [1, T, 1, T] causal, added to the scores within a continuation. */
  readonly nextBias: tf.Tensor4D | undefined;
  /** int32 [N·KV] place of every row in the concatenation of the two batches. */
  readonly back: tf.Tensor1D;
}

// Finite, so that rows that see nothing (padding) give numbers instead of NaN.
const MASKED = -1e9;

/** Builds the index tensors of a pattern. */
export function attentionLayout(pattern: AttentionPattern, heads: AttentionHeads): AttentionLayout {
  const { lengths, causal } = pattern;
  const kv = heads.keyValueHeads;
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
      ownBias: causal ? causalBias(length) : padded ? paddingBias(lengths, kv) : undefined,
      next: hasNext ? indices(next) : undefined,
      nextValid: hasNext ? validity(next) : undefined,
      prefixBias: hasNext && padded ? paddingBias(lengths, kv) : undefined,
      nextBias: hasNext ? causalBias(continuationLength) : undefined,
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

/** [1, T, 1, T] hides later tokens. */
function causalBias(length: number): tf.Tensor4D {
  const bias = new Float32Array(length * length);
  for (let token = 0; token < length; token++)
    bias.fill(MASKED, token * length + token + 1, (token + 1) * length);
  return tf.tensor4d(bias, [1, length, 1, length]);
}

/** [S·KV, 1, 1, L] hides the padding of sequences as keys. */
export function paddingBias(lengths: readonly number[], keyValueHeads: number): tf.Tensor4D {
  const longest = Math.max(...lengths);
  const bias = new Float32Array(lengths.length * keyValueHeads * longest);
  lengths.forEach((length, sequence) => {
    for (let head = 0; head < keyValueHeads; head++) {
      const start = (sequence * keyValueHeads + head) * longest;
      bias.fill(MASKED, start + length, start + longest);
    }
  });
  return tf.tensor4d(bias, [lengths.length * keyValueHeads, 1, 1, longest]);
}
