import * as tf from '@tensorflow/tfjs-core';
import type { AttentionLayout, LayoutConstants } from './attention-layout.js';
import { differentiable } from './differentiable.js';
import { attendToSets, attendToSetsGradient, type KeySet } from './key-sets.js';

/**
 * Scaled dot-product attention over a layout, softmax(q·kᵀ/√hd + mask)·v. The scores are computed again
 * in the backward pass instead of being kept. One kernel where the engine has it.
 *
 * Otherwise rows are moved by gathering, so that linear layers see no padding; queries of one key/value head are laid side by side
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
  if (tf.getKernel('CppoAttention', tf.getBackend())) {
    const { heads, prefix, causal, constants } = layout;
    const { keyValueHeads } = heads;
    const attributes = { heads: heads.heads, keyValueHeads, prefix, causal };
    return tf
      .engine()
      .runKernel('CppoAttention', { q, k, v, runs: constants.runs }, attributes) as tf.Tensor2D;
  }
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

/** Queries [B, rows, hd] that see the same sets, and where their rows come from. */
interface Part {
  readonly index: tf.Tensor1D;
  readonly valid: tf.Tensor2D | undefined;
  readonly queries: tf.Tensor3D;
  readonly sets: readonly KeySet[];
}

/** Sequences, then continuations and the prefix, if there are any. */
function parts(q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D, layout: AttentionLayout): Part[] {
  const { keyValueHeads: kv, headDimension: hd } = layout.heads;
  const { own, ownValid, seen, ownBias, next, nextValid, sequenceBias, nextBias, first, firstBias } =
    layout.constants;
  const batches = layout.sequences * kv;
  const scaled = tf.mul(q, hd ** -0.5) as tf.Tensor2D;
  const part = (index: tf.Tensor1D, valid: tf.Tensor2D | undefined, count: number, sets: KeySet[]) => ({
    index,
    valid,
    queries: batch(scaled, index, kv, count, hd),
    sets,
  });
  const keySet = (index: tf.Tensor1D, count: number, bias: tf.Tensor4D | undefined): KeySet => ({
    keys: batch(k, index, kv, count, hd),
    values: batch(v, index, kv, count, hd),
    bias,
  });
  const sequence = keySet(seen ?? own, batches, ownBias);
  const result: Part[] = [part(own, ownValid, batches, [sequence])];
  if (next) {
    const ownSet = keySet(next, batches * layout.continuations, nextBias);
    result.push(part(next, nextValid, batches, [{ ...sequence, bias: sequenceBias }, ownSet]));
  }
  if (first) result.push(part(first, undefined, kv, [keySet(first, kv, firstBias)]));
  return result;
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

function backward(dy: tf.Tensor2D, q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D, layout: AttentionLayout) {
  const { heads, keyValueHeads: kv, headDimension: hd } = layout.heads;
  const width = (heads / kv) * hd;
  const results = parts(q, k, v, layout).map(({ index, valid, queries, sets }) => {
    const gathered = tf.gather(tf.reshape(dy, [-1, width]), index);
    // Padding was read from some row or other; it must send nothing back.
    const dOutput = tf.reshape<tf.Rank.R3>(valid ? tf.mul(gathered, valid) : gathered, queries.shape);
    return attendToSetsGradient(queries, sets, dOutput);
  });
  const rows = (tensors: readonly tf.Tensor[], size: number) =>
    backToRows(
      tensors.map((tensor) => tf.reshape(tensor, [-1, size])),
      layout,
    );
  // A sequence's keys and values were seen by its own tokens and by its continuations, those of the prefix by all.
  const shared = (which: 'dKeys' | 'dValues') => {
    const gradients = results.map((result) => result[which]);
    const first = layout.prefix > 0 ? gradients.pop()?.[0] : undefined;
    const [self, rest] = gradients;
    const seen = rest ? tf.add(self?.[0] as tf.Tensor, rest[0] as tf.Tensor) : (self?.[0] as tf.Tensor);
    const next = rest ? [rest[1] as tf.Tensor] : [];
    if (!first) return rows([seen, ...next], hd);
    const [before, own] = tf.split(seen, [layout.prefix, layout.length], 1) as [tf.Tensor, tf.Tensor];
    const all = tf.sum(tf.reshape(before, [layout.sequences, -1]), 0);
    return rows([own, ...next, tf.add(first, tf.reshape(all, first.shape))], hd);
  };
  const dQ = rows(
    results.map(({ dQueries }) => dQueries),
    width,
  );
  return [tf.mul(dQ, hd ** -0.5), shared('dKeys'), shared('dValues')];
}
