import { constant } from '@cppo/tape';
import * as tf from '@tensorflow/tfjs-core';
import type { QwenVisionConfig } from '../config.js';
import type { VisionDesign } from '../families/index.js';
import type { EncodedImage } from '../prompt.js';
import { attention } from './attention.js';
import { attentionLayout } from './attention-layout.js';
import { type LayerContext, runLayers } from './checkpointing.js';
import type { Checkpointing } from './choose-checkpointing.js';
import { gelu, layerNorm, permuteRows, quickGelu, rmsNorm, rotate, swiGlu, tanhGelu } from './kernels.js';
import { learnedPositions } from './learned-positions.js';
import { type LinearWeights, linear } from './linear.js';
import { visionRotary } from './rotary.js';
import {
  type MergerWeights,
  type NormWeights,
  trainedVariables,
  type VisionBlockWeights,
  type VisionWeights,
} from './weights.js';
import { windowPlan } from './windows.js';

const EPSILON = 1e-6;

/**
 * The vision tower: patches of some images become one row per merge unit, in raster order, image after image. Deep features
 * stand beside them.
 *
 * @returns [Σ t·h·w / merge², (1 + n)·D] for n deep features.
 */
export function visionTower(
  images: readonly EncodedImage[],
  weights: VisionWeights,
  config: QwenVisionConfig,
  checkpointing: Checkpointing | 'forward',
): tf.Tensor2D {
  const unit = config.mergeSize ** 2;
  const heads = { heads: config.heads, keyValueHeads: config.heads, headDimension: config.headDimension };
  const grids = images.map((image) => image.grid);
  const plan = windowPlan(grids, config);
  const rotary = visionRotary(plan.rows, plan.columns, config);
  const within = (lengths: readonly number[]): LayerContext => ({
    rotary,
    layout: attentionLayout({ lengths, causal: false }, heads),
  });
  const frames = within(plan.frames);
  const windows = config.windowSize === undefined ? frames : within(plan.windows);

  const layers = weights.blocks.map((block, index) => ({
    context: config.fullAttentionBlocks.includes(index) ? frames : windows,
    variables: trainedVariables(block),
    run: (x: tf.Tensor2D, context: LayerContext) => visionBlock(x, block, context, config.design.mlp),
  }));
  const patches = tf.tensor2d(inOrder(images, plan.order, unit), [
    plan.rows.length,
    weights.patchEmbedding.weight.shape[1],
  ]);
  let x = embedPatches(patches, weights.patchEmbedding);
  if (weights.positions) x = tf.add(x, learnedPositions(weights.positions, grids, plan));
  let done = 0;
  const deep = config.deepBlocks.map((block, i) => {
    x = runLayers(x, layers.slice(done, block + 1), checkpointing);
    done = block + 1;
    return merge(x, weights.deepMergers[i] as MergerWeights);
  });
  x = runLayers(x, layers.slice(done), checkpointing);

  const merged = merge(x, weights.merger);
  const seen = deep.length === 0 ? merged : tf.concat([merged, ...deep], 1);
  if (config.windowSize === undefined) return seen;
  return permuteRows(seen, tf.tensor1d(plan.inverse, 'int32'), tf.tensor1d(plan.order, 'int32'));
}

/** Pixels need no gradient, which the tape finds out by itself of an operation of its own. */
function embedPatches(patches: tf.Tensor2D, { weight, bias }: LinearWeights): tf.Tensor2D {
  const { trained } = weight;
  if (!trained) return constant(() => weight.product(patches, bias));
  const product: tf.Tensor2D = tf.matMul(patches, trained, false, true);
  return bias ? tf.add(product, bias) : product;
}

function visionBlock(
  x: tf.Tensor2D,
  block: VisionBlockWeights,
  { rotary, layout }: LayerContext,
  mlp: VisionDesign['mlp'],
): tf.Tensor2D {
  const { heads, headDimension } = layout.heads;
  const turn = (part: tf.Tensor) =>
    flat(rotate(tf.reshape(part, [-1, heads, headDimension]) as tf.Tensor3D, rotary));
  const [q, k, v] = tf.split(linear(normalise(x, block.norm1), block.qkv), 3, 1) as tf.Tensor2D[];
  const seen = attention(turn(q as tf.Tensor2D), turn(k as tf.Tensor2D), v as tf.Tensor2D, layout);
  const h = tf.add(x, linear(seen, block.projection)) as tf.Tensor2D;
  const y = normalise(h, block.norm2);
  const up = linear(y, block.up);
  const inner = block.gate
    ? swiGlu(linear(y, block.gate), up)
    : mlp === 'quick-gelu'
      ? quickGelu(up)
      : tanhGelu(up);
  return tf.add(h, linear(inner, block.down));
}

/** The rows of merge units, of the states of their patches. */
function merge(x: tf.Tensor2D, { norm, first, second }: MergerWeights): tf.Tensor2D {
  const normal = normalise(tf.reshape(x, [-1, norm.scale.shape[0]]), norm);
  const units = tf.reshape(normal, [-1, first.weight.shape[1]]) as tf.Tensor2D;
  return linear(gelu(linear(units, first)), second);
}

function normalise(x: tf.Tensor2D, { scale, shift }: NormWeights): tf.Tensor2D {
  return shift ? layerNorm(x, scale, shift, EPSILON) : rmsNorm(x, scale, EPSILON);
}

function flat(x: tf.Tensor3D): tf.Tensor2D {
  return tf.reshape(x, [x.shape[0], x.shape[1] * x.shape[2]]);
}

/** The patches of all images with their merge units in the tower's order. */
function inOrder(images: readonly EncodedImage[], order: Int32Array, unit: number): Float32Array {
  const total = images.reduce((sum, image) => sum + image.pixels.length, 0);
  const size = total / order.length;
  const sources: Float32Array[] = [];
  for (const { pixels, grid } of images) {
    const units = (grid[0] * grid[1] * grid[2]) / unit;
    for (let index = 0; index < units; index++)
      sources.push(pixels.subarray(index * size, (index + 1) * size));
  }
  const result = new Float32Array(total);
  order.forEach((source, place) => {
    result.set(sources[source] as Float32Array, place * size);
  });
  return result;
}
