import type * as tf from '@tensorflow/tfjs-core';
import type { QwenConfig } from '../config.js';
import type { EncodedImage } from '../prompt.js';
import { attention } from './attention.js';
import { type AttentionPattern, attentionLayout } from './attention-layout.js';
import { type LayerContext, runLayers } from './checkpointing.js';
import type { Checkpointing } from './choose-checkpointing.js';
import { decoderLayer, embed } from './decoder.js';
import { addToImages, divideSeen, imagePlaces } from './deep-features.js';
import { rmsNorm } from './kernels.js';
import { textRotary } from './rotary.js';
import { takeRows } from './take-rows.js';
import { type ModelWeights, trainedVariables } from './weights.js';

/** What scoring and generation need of a model. */
export interface QwenModel {
  readonly config: QwenConfig;
  readonly weights: ModelWeights;
  readonly checkpointing: Checkpointing;
  /** How keys and values are held while sampling. */
  readonly cache: 'float32' | 'bfloat16';
  /** One row per image token of these images, in order, [M, (1 + n)·D] with n deep features; undefined for no images. */
  see(images: readonly EncodedImage[]): tf.Tensor2D | undefined;
}

/**
 * The decoder on a flat matrix of tokens: [M, D] states before the final norm, of the requested rows.
 *
 * @param images of all sequences, in the order of their tokens.
 * @param ids [N]
 * @param positions [3·N] time, height and width positions.
 * @param rows [M] rows of the flat matrix; one may occur several times.
 */
export function hiddenStates(
  model: QwenModel,
  images: readonly EncodedImage[],
  ids: Int32Array,
  positions: Int32Array,
  pattern: AttentionPattern,
  rows: Int32Array,
): tf.Tensor2D {
  const { config, weights, checkpointing } = model;
  const { vision, deep } = divideSeen(model.see(images), config.text.hiddenSize);
  let x = embed(ids, weights.embedding, vision, config.tokens.image);
  const context = {
    rotary: textRotary(positions, config.text),
    layout: attentionLayout(pattern, config.text),
  };
  // Other rows of the last layer, such as those of prompts, are read by nobody.
  const wanted = (x: tf.Tensor2D) => takeRows(x, rows);
  const layers = weights.layers.map((layer, index) => ({
    context,
    variables: trainedVariables(layer),
    run: (x: tf.Tensor2D, { rotary, layout }: LayerContext) =>
      decoderLayer(
        x,
        layer,
        config.text,
        rotary,
        (q, k, v) => attention(q, k, v, layout),
        index === weights.layers.length - 1 ? wanted : undefined,
      ),
  }));
  if (deep.length === 0) return runLayers(x, layers, checkpointing);
  const places = imagePlaces(ids, config.tokens.image);
  const early = Math.min(deep.length, layers.length - 1);
  for (let index = 0; index < early; index++) {
    const states = runLayers(x, layers.slice(index, index + 1), checkpointing);
    x = addToImages(states, deep[index] as tf.Tensor2D, places);
  }
  return runLayers(x, layers.slice(early), checkpointing);
}

/** Logits [N, V] of states [N, D] after the last layer. */
export function logitsOf({ config, weights }: QwenModel, states: tf.Tensor2D): tf.Tensor2D {
  return weights.head.product(rmsNorm(states, weights.norm, config.text.normEpsilon));
}
