import * as tf from '@tensorflow/tfjs-core';
import { attention, paddedKeys } from '../model/attention.js';
import { attentionLayout, paddingBias } from '../model/attention-layout.js';
import { type Attend, decoderLayer, embed } from '../model/decoder.js';
import { rmsNorm } from '../model/kernels.js';
import type { QwenModel } from '../model/model.js';
import { textRotary } from '../model/rotary.js';
import type { EncodedPrompt } from '../prompt.js';
import type { Branch, BranchGrid } from './branches.js';
import { LayerCache, placement } from './cache.js';

/** Runs all prompts once: the caches of every layer, and the logits [P, V] of the token after each prompt. */
export function prefill(model: QwenModel, prompts: readonly EncodedPrompt[]) {
  const { config, weights } = model;
  const bias: { current: tf.Tensor4D | undefined } = { current: undefined };
  const caches: LayerCache[] = [];
  const logits = tf.tidy(() => {
    const lengths = prompts.map(({ ids }) => ids.length);
    const vision = model.see(prompts.flatMap(({ images }) => images));
    const ids = Int32Array.from(prompts.flatMap((prompt) => Array.from(prompt.ids)));
    const rotary = textRotary(joinPositions(prompts), config.text);
    const layout = attentionLayout({ lengths, causal: true }, config.text);
    const longest = Math.max(...lengths);
    if (lengths.some((length) => length < longest)) {
      bias.current = tf.keep(paddingBias(lengths, config.text.keyValueHeads));
    }
    let end = -1;
    const ends = tf.tensor1d(
      Int32Array.from(lengths, (length) => (end += length)),
      'int32',
    );
    // Of the last layer only what the next tokens come from is read.
    const lastRows = (rows: tf.Tensor2D) => tf.gather(rows, ends) as tf.Tensor2D;
    let x = embed(ids, weights.embedding, vision, config.tokens.image);
    weights.layers.forEach((layer, index) => {
      const keep = index === weights.layers.length - 1 ? lastRows : undefined;
      const attend: Attend = (q, k, v) => {
        const keys = tf.keep(paddedKeys(k, layout));
        const values = tf.keep(paddedKeys(v, layout));
        caches.push(new LayerCache({ keys, values }, bias));
        return attention(q, k, v, layout);
      };
      x = replaced(x, (states) => decoderLayer(states, layer, config.text, rotary, attend, keep));
    });
    return head(model, x);
  });
  return { caches, bias, logits };
}

function joinPositions(prompts: readonly EncodedPrompt[]): Int32Array {
  const axes = [0, 1, 2].flatMap((axis) =>
    prompts.map(({ positions, ids }) => positions.subarray(axis * ids.length, (axis + 1) * ids.length)),
  );
  const joined = new Int32Array(axes.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of axes) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Logits [N, V] after one more token of each of N branches. */
export function decode(
  model: QwenModel,
  caches: readonly LayerCache[],
  grid: BranchGrid,
  tokens: readonly number[],
  position: (branch: Branch) => number,
): tf.Tensor2D {
  const { config, weights } = model;
  return tf.tidy(() => {
    const positions = grid.branches.map(position);
    const rotary = textRotary(Int32Array.from([...positions, ...positions, ...positions]), config.text);
    const places = placement(grid, config.text);
    let x = tf.gather(weights.embedding, tf.tensor1d(Int32Array.from(tokens), 'int32')) as tf.Tensor2D;
    weights.layers.forEach((layer, index) => {
      const cache = caches[index] as LayerCache;
      x = replaced(x, (states) => cache.layer(states, layer, rotary, places, config.text));
    });
    return head(model, x);
  });
}

/** What a layer makes of the states; they and all between are gone then, so that depth costs no memory. */
function replaced(states: tf.Tensor2D, layer: (states: tf.Tensor2D) => tf.Tensor2D): tf.Tensor2D {
  const next = tf.tidy(() => layer(states));
  states.dispose();
  return next;
}

function head(model: QwenModel, states: tf.Tensor2D): tf.Tensor2D {
  const { config, weights } = model;
  return tf.matMul(rmsNorm(states, weights.norm, config.text.normEpsilon), weights.head, false, true);
}

export function selectCaches(
  caches: readonly LayerCache[],
  bias: { current: tf.Tensor4D | undefined },
  fromRows: readonly number[],
  fromSlots: readonly number[],
  grid: BranchGrid,
  model: QwenModel,
): void {
  const kv = model.config.text.keyValueHeads;
  const heads = Array.from({ length: kv }, (_, head) => head);
  const { width } = grid;
  const perRow = fromSlots.length / fromRows.length;
  const rows = fromRows.flatMap((row, at) =>
    heads.flatMap((head) =>
      fromSlots
        .slice(at * perRow, (at + 1) * perRow)
        .map((slot) => (row * kv + head) * width + (slot % width)),
    ),
  );
  tf.tidy(() => {
    const own = tf.tensor1d(rows, 'int32');
    for (const cache of caches) cache.selectOwn(own);
    // Prompts are long: they are copied only when one of them has no branch left.
    if (fromRows.length === grid.rows.length) return;
    const prefixRows = fromRows.flatMap((row) => heads.map((head) => row * kv + head));
    const prefix = tf.tensor1d(prefixRows, 'int32');
    for (const cache of caches) cache.selectPrefix(prefix);
    if (bias.current) {
      const previous = bias.current;
      bias.current = tf.keep(tf.gather(previous, prefix));
      previous.dispose();
    }
  });
}
