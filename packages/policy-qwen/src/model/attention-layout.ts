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
 * to their whole sequence and causally to their own continuation. A prefix, before all of them, belongs to every
 * sequence as if each began with it.
 */
export interface AttentionPattern {
  /** Tokens that all sequences begin with and that are there once; only with `causal`. Default 0. */
  readonly prefix?: number;
  /** Tokens of each sequence, without the prefix. */
  readonly lengths: readonly number[];
  /** Causal, or every token to every token of its sequence. */
  readonly causal: boolean;
  /** Tokens of each continuation of each sequence; a sequence may have none, a continuation no token. */
  readonly continuations?: readonly (readonly number[])[];
}

/** An `AttentionPattern` as index tensors; rows of q, k, v are moved into padded batches and back by them. */
export interface AttentionLayout {
  readonly heads: AttentionHeads;
  readonly causal: boolean;
  /** P tokens that all sequences begin with. */
  readonly prefix: number;
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
  /** int32 [S·KV·L] row of [N·KV, …] at each position of the padded sequences. */
  readonly own: tf.Tensor1D;
  /** [S·KV·L, 1] 1 on tokens, 0 on padding. */
  readonly ownValid: tf.Tensor2D | undefined;
  /** int32 [S·KV·(P + L)] rows of the prefix and the sequence, as keys; undefined without a prefix: then `own`. */
  readonly seen: tf.Tensor1D | undefined;
  /** [1 or S·KV, L or 1, 1, P + L] added to the scores within a sequence. */
  readonly ownBias: tf.Tensor4D | undefined;
  /** int32 [S·KV·G·T] the same for continuations. */
  readonly next: tf.Tensor1D | undefined;
  readonly nextValid: tf.Tensor2D | undefined;
  /** [S·KV, 1, 1, P + L] added to the scores of continuation tokens on their sequence. */
  readonly sequenceBias: tf.Tensor4D | undefined;
  /** [1, T, 1, T] causal, added to the scores within a continuation. */
  readonly nextBias: tf.Tensor4D | undefined;
  /** int32 [KV·P] and [1, P, 1, P], the same for the prefix. */
  readonly first: tf.Tensor1D | undefined;
  readonly firstBias: tf.Tensor4D | undefined;
  /**
   * int32 [R, 4] for an engine with a kernel for attention: rows [start, end) of a sequence, or of a continuation, which
   * sees rows [from, to) of its sequence.
   */
  readonly runs: tf.Tensor2D;
  /** int32 [N·KV] place of every row in the concatenation of the batches: sequences, continuations, prefix. */
  readonly back: tf.Tensor1D;
}

// Finite, so that rows that see nothing (padding) give numbers instead of NaN.
const MASKED = -1e9;

/** Builds the index tensors of a pattern. */
export function attentionLayout(pattern: AttentionPattern, heads: AttentionHeads): AttentionLayout {
  const { lengths, causal, prefix = 0 } = pattern;
  const kv = heads.keyValueHeads;
  const sequences = lengths.length;
  const length = Math.max(...lengths);
  const nested = pattern.continuations ?? [];
  const continuations = Math.max(0, ...nested.map((group) => group.length));
  const continuationLength = Math.max(0, ...nested.flat());
  const hasNext = continuationLength > 0;

  const ownPlaces = sequences * kv * length;
  const nextPlaces = hasNext ? sequences * kv * continuations * continuationLength : 0;
  const firstPlaces = kv * prefix;
  const total =
    prefix + lengths.reduce((sum, n) => sum + n, 0) + nested.flat().reduce((sum, n) => sum + n, 0);
  const place = new Int32Array(ownPlaces + nextPlaces + firstPlaces).fill(-1);
  const back = new Int32Array(total * kv);
  let row = 0;
  const put = (at: number, head: number) => {
    place[at] = row * kv + head;
    back[row * kv + head] = at;
  };
  for (; row < prefix; row++) {
    for (let head = 0; head < kv; head++) put(ownPlaces + nextPlaces + head * prefix + row, head);
  }
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
  const next = place.subarray(ownPlaces, ownPlaces + nextPlaces);
  const first = place.subarray(ownPlaces + nextPlaces);
  return {
    heads,
    causal,
    prefix,
    sequences,
    length,
    continuations,
    continuationLength,
    constants: {
      own: indices(own),
      ownValid: validity(own),
      seen: prefix > 0 ? indices(afterPrefix(first, own, kv, sequences)) : undefined,
      ownBias: causal ? causalBias(length, prefix) : padded ? paddingBias(lengths, kv) : undefined,
      next: hasNext ? indices(next) : undefined,
      nextValid: hasNext ? validity(next) : undefined,
      sequenceBias:
        hasNext && padded
          ? paddingBias(
              lengths.map((count) => prefix + count),
              kv,
            )
          : undefined,
      nextBias: hasNext ? causalBias(continuationLength) : undefined,
      first: prefix > 0 ? indices(first) : undefined,
      firstBias: prefix > 0 ? causalBias(prefix) : undefined,
      runs: runsOf(pattern),
      back: tf.tensor1d(back, 'int32'),
    },
  };
}

/** The prefix, and every sequence with its continuations after it. */
function runsOf({ lengths, prefix = 0, continuations }: AttentionPattern): tf.Tensor2D {
  const runs: number[][] = prefix > 0 ? [[0, prefix, 0, 0]] : [];
  let row = prefix;
  let next = lengths.reduce((sum, length) => sum + length, prefix);
  lengths.forEach((length, sequence) => {
    const end = row + length;
    runs.push([row, end, 0, 0]);
    for (const count of continuations?.[sequence] ?? []) {
      if (count > 0) runs.push([next, next + count, row, end]);
      next += count;
    }
    row = end;
  });
  return tf.tensor2d(runs, [runs.length, 4], 'int32');
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

/** [KV·P] and [S·KV·L] places to [S·KV·(P + L)]. */
function afterPrefix(first: Int32Array, own: Int32Array, kv: number, sequences: number): Int32Array {
  const [prefix, length] = [first.length / kv, own.length / kv / sequences];
  const seen = new Int32Array(sequences * kv * (prefix + length));
  for (let batch = 0; batch < sequences * kv; batch++) {
    const head = batch % kv;
    seen.set(first.subarray(head * prefix, (head + 1) * prefix), batch * (prefix + length));
    seen.set(own.subarray(batch * length, (batch + 1) * length), batch * (prefix + length) + prefix);
  }
  return seen;
}

/** [1, T, 1, before + T] hides later tokens, none of the `before` ones. */
function causalBias(length: number, before = 0): tf.Tensor4D {
  const width = before + length;
  const bias = new Float32Array(length * width);
  for (let token = 0; token < length; token++)
    bias.fill(MASKED, token * width + before + token + 1, (token + 1) * width);
  return tf.tensor4d(bias, [1, length, 1, width]);
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
