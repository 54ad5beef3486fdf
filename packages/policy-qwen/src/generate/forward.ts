import * as tf from '@tensorflow/tfjs-core';
import { attention, paddedKeys } from '../model/attention.js';
import { attentionLayout, paddingBias } from '../model/attention-layout.js';
import { type Attend, decoderLayer, embed } from '../model/decoder.js';
import { addToImages, divideSeen, imagePlaces } from '../model/deep-features.js';
import { logitsOf, type QwenModel } from '../model/model.js';
import { pack } from '../model/packed-weight.js';
import { textRotary } from '../model/rotary.js';
import type { EncodedPrompt } from '../prompt.js';
import type { BranchDecoder } from './branch-decoder.js';
import type { Branch, BranchGrid, Growth } from './branches.js';
import { FusedDecoder } from './fused-decoder.js';
import { LayerwiseDecoder } from './layerwise-decoder.js';
import { PromptSegments, type Segment } from './segments.js';

/** Runs all prompts once: their keys and values, and the logits [P, V] of the token after each. */
export function prefill(
  model: QwenModel,
  prompts: readonly EncodedPrompt[],
): { segments: PromptSegments; logits: tf.Tensor2D } {
  const { config, weights } = model;
  let segments: PromptSegments | undefined;
  const logits = tf.tidy(() => {
    const lengths = prompts.map(({ ids }) => ids.length);
    const seen = model.see(prompts.flatMap(({ images }) => images));
    const { vision, deep } = divideSeen(seen, config.text.hiddenSize);
    const ids = Int32Array.from(prompts.flatMap((prompt) => Array.from(prompt.ids)));
    const places = deep.length > 0 ? imagePlaces(ids, config.tokens.image) : undefined;
    const rotary = textRotary(joinPositions(prompts), config.text);
    const layout = attentionLayout({ lengths, causal: true }, config.text);
    const longest = Math.max(...lengths);
    const padded = lengths.some((length) => length < longest);
    const bias = padded ? paddingBias(lengths, config.text.keyValueHeads) : undefined;
    const layers: Segment[] = [];
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
        const cached = (x: tf.Tensor2D) => {
          const padded = paddedKeys(x, layout);
          return tf.keep(model.cache === 'bfloat16' ? packPairs(padded) : padded);
        };
        const keys = cached(k);
        layers.push({ keys, values: cached(v) });
        return attention(q, k, v, layout);
      };
      const states = x;
      const added = index > 0 ? deep[index - 1] : undefined;
      x = tf.tidy(() => {
        const entering = places && added ? addToImages(states, added, places) : states;
        return decoderLayer(entering, layer, config.text, rotary, attend, keep);
      });
      // With all between they are gone then, so that depth costs no memory.
      states.dispose();
    });
    segments = new PromptSegments(layers, bias);
    return logitsOf(model, x);
  });
  return { segments: segments as PromptSegments, logits };
}

/** [.., hd] as words of two bfloat16 numbers, int32 [.., hd/2]. */
function packPairs(x: tf.Tensor3D): tf.Tensor3D {
  const [batches, length, hd] = x.shape;
  const { words } = pack(tf.reshape(x, [batches * length, hd]), 'bfloat16');
  return tf.reshape(words, [batches, length, hd / 2]) as tf.Tensor3D;
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

export function branchDecoder(model: QwenModel, prompts: PromptSegments): BranchDecoder {
  return FusedDecoder.fits(model) ? new FusedDecoder(model, prompts) : new LayerwiseDecoder(model, prompts);
}

/**
 * Logits [N, V] after one more token of each of N branches.
 *
 * @param position of the token of a branch, the same on all three axes.
 */
export function decode(
  model: QwenModel,
  decoder: BranchDecoder,
  grid: BranchGrid,
  tokens: readonly number[],
  position: (branch: Branch) => number,
): tf.Tensor2D {
  return tf.tidy(() => {
    const positions = grid.branches.map(position);
    const rotary = textRotary(Int32Array.from([...positions, ...positions, ...positions]), model.config.text);
    return decoder.decode(grid, tokens, rotary);
  });
}

/** Keeps or repeats branches of `grid`, and lets go of prompts that have none left; see `Growth.moved`. */
export function moveBranches(
  decoder: BranchDecoder,
  prompts: PromptSegments,
  { fromRows, fromSlots }: NonNullable<Growth['moved']>,
  grid: BranchGrid,
  kv: number,
): void {
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
    decoder.selectBranches(tf.tensor1d(rows, 'int32'), kv * grid.slots);
    // Prompts are long: they are copied only when one of them has no branch left.
    if (fromRows.length === grid.rows.length) return;
    const kept = fromRows.flatMap((row) => heads.map((head) => row * kv + head));
    prompts.select(tf.tensor1d(kept, 'int32'));
  });
}
