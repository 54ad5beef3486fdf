import { constant } from '@cppo/tape';
import * as tf from '@tensorflow/tfjs-core';
import type { QwenVisionConfig } from '../config.js';
import type { EncodedImage } from '../prompt.js';
import type { Checkpointing } from './choose-checkpointing.js';
import { visionTower } from './vision.js';
import type { VisionWeights } from './weights.js';

function tokenCount({ grid }: EncodedImage, config: QwenVisionConfig): number {
  return (grid[0] * grid[1] * grid[2]) / config.mergeSize ** 2;
}

/** The rows of each image, from the joint result of some images. */
function perImage(
  rows: tf.Tensor2D,
  images: readonly EncodedImage[],
  config: QwenVisionConfig,
): tf.Tensor2D[] {
  if (images.length === 1) return [rows];
  return tf.split(
    rows,
    images.map((image) => tokenCount(image, config)),
    0,
  );
}

/** Runs the tower once for each different image, however often it occurs. */
export function seeImages(
  images: readonly EncodedImage[],
  weights: VisionWeights,
  config: QwenVisionConfig,
  checkpointing: Checkpointing,
): tf.Tensor2D | undefined {
  if (images.length === 0) return undefined;
  const different = [...new Set(images)];
  const rows = visionTower(different, weights, config, checkpointing);
  if (different.length === images.length) return rows;
  const parts = new Map(perImage(rows, different, config).map((part, index) => [different[index], part]));
  return tf.concat(
    images.map((image) => parts.get(image) as tf.Tensor2D),
    0,
  );
}

/** What a frozen tower sees of the images used last: image objects are the keys, so keep them while they are used. */
export class FeatureCache {
  readonly #entries = new Map<EncodedImage, tf.Tensor2D>();
  readonly #limit: number;
  #size = 0;

  /** @param limit numbers held at most. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  see(
    images: readonly EncodedImage[],
    weights: VisionWeights,
    config: QwenVisionConfig,
  ): tf.Tensor2D | undefined {
    if (images.length === 0) return undefined;
    const missing = [...new Set(images)].filter((image) => !this.#entries.has(image));
    if (missing.length > 0) {
      tf.tidy(() => {
        const seen = constant(() => visionTower(missing, weights, config, 'forward'));
        const rows = perImage(seen, missing, config);
        rows.forEach((part, index) => {
          this.#entries.set(missing[index] as EncodedImage, tf.keep(tf.clone(part)));
          this.#size += part.size;
        });
      });
    }
    const found = images.map((image) => {
      const features = this.#entries.get(image) as tf.Tensor2D;
      // Used last: goes to the end of the line.
      this.#entries.delete(image);
      this.#entries.set(image, features);
      return features;
    });
    const result = found.length === 1 ? tf.clone(found[0] as tf.Tensor2D) : tf.concat(found, 0);
    for (const [image, features] of this.#entries) {
      if (this.#size <= this.#limit) break;
      this.#drop(image, features);
    }
    return result;
  }

  clear(): void {
    for (const [image, features] of this.#entries) this.#drop(image, features);
  }

  #drop(image: EncodedImage, features: tf.Tensor2D): void {
    this.#entries.delete(image);
    this.#size -= features.size;
    features.dispose();
  }
}
