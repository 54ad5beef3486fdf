import { constant } from '@cppo/tape';
import * as tf from '@tensorflow/tfjs-core';
import type { QwenVisionConfig } from '../config.js';
import type { EncodedImage } from '../prompt.js';
import { attention } from './attention.js';
import { attentionLayout } from './attention-layout.js';
import { type Checkpointing, type LayerContext, runLayers } from './checkpointing.js';
import { gelu, permuteRows, rmsNorm, rotate, swiGlu } from './kernels.js';
import { linear } from './linear.js';
import { visionRotary } from './rotary.js';
import { trainedVariables, type VisionBlockWeights, type VisionWeights } from './weights.js';
import { windowPlan } from './windows.js';

const EPSILON = 1e-6;

/**
 * The vision tower: patches of some images become one row per merge unit, in raster order, image after image.
 *
 * @returns [Σ t·h·w / merge², D]
 */
export function visionTower(
  images: readonly EncodedImage[],
  weights: VisionWeights,
  config: QwenVisionConfig,
  checkpointing: Checkpointing | 'forward',
): tf.Tensor2D {
  const unit = config.mergeSize ** 2;
  const heads = { heads: config.heads, keyValueHeads: config.heads, headDimension: config.headDimension };
  const plan = windowPlan(
    images.map((image) => image.grid),
    config,
  );
  const rotary = visionRotary(plan.rows, plan.columns, config);
  const windows = { rotary, layout: attentionLayout({ lengths: plan.windows, causal: false }, heads) };
  const frames = { rotary, layout: attentionLayout({ lengths: plan.frames, causal: false }, heads) };

  const patches = tf.tensor2d(inOrder(images, plan.order, unit), [
    plan.rows.length,
    weights.patchEmbedding.shape[1],
  ]);
  const { patchEmbedding } = weights;
  const { trained } = patchEmbedding;
  // Pixels need no gradient, which the tape finds out by itself of an operation of its own.
  const embedded: tf.Tensor2D = trained
    ? tf.matMul(patches, trained, false, true)
    : constant(() => patchEmbedding.product(patches));
  const layers = weights.blocks.map((block, index) => ({
    context: config.fullAttentionBlocks.includes(index) ? frames : windows,
    variables: trainedVariables(block),
    run: (x: tf.Tensor2D, context: LayerContext) => visionBlock(x, block, context),
  }));
  const x = runLayers(embedded, layers, checkpointing);

  const normal = tf.reshape(rmsNorm(x, weights.mergerNorm, EPSILON), [plan.order.length, -1]) as tf.Tensor2D;
  const merged = linear(gelu(linear(normal, weights.mergerFirst)), weights.mergerSecond);
  return permuteRows(merged, tf.tensor1d(plan.inverse, 'int32'), tf.tensor1d(plan.order, 'int32'));
}

function visionBlock(
  x: tf.Tensor2D,
  block: VisionBlockWeights,
  { rotary, layout }: LayerContext,
): tf.Tensor2D {
  const { heads, headDimension } = layout.heads;
  const turn = (part: tf.Tensor) =>
    flat(rotate(tf.reshape(part, [-1, heads, headDimension]) as tf.Tensor3D, rotary));
  const [q, k, v] = tf.split(linear(rmsNorm(x, block.norm1, EPSILON), block.qkv), 3, 1) as tf.Tensor2D[];
  const seen = attention(turn(q as tf.Tensor2D), turn(k as tf.Tensor2D), v as tf.Tensor2D, layout);
  const h = tf.add(x, linear(seen, block.projection)) as tf.Tensor2D;
  const y = rmsNorm(h, block.norm2, EPSILON);
  return tf.add(h, linear(swiGlu(linear(y, block.gate), linear(y, block.up)), block.down));
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
