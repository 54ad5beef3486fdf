import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import { assertImage } from './image.js';
import { changedInPlace } from './kernel/kernel.js';
import { draw, type Range, rangeWithin } from './options.js';
import type { Perturbation } from './perturbation.js';
import { wholeNumber } from './random.js';

export interface OccludeOptions {
  /** How many rectangles, drawn over each other. Default 50. */
  readonly rectangles?: number;
  /** Each rectangle's sides, as shares of the image's width and height, drawn apart. Default [0.05, 0.15]. */
  readonly scale?: Range;
}

export const occludeSchema = z.strictObject({
  rectangles: z.number().int().min(0).max(100_000).default(50),
  scale: rangeWithin(0, 1).default([0.05, 0.15]),
});

/** Bytes: the state of four generators and their scratch. */
const noiseState = 80;

/**
 * Covers the image with rectangles of uniform RGB noise at random places; about 37 % of it by default.
 *
 * Follows the CPPO authors' RandomOcclusion, except that its noise never reaches 255.
 *
 * @param options the number of rectangles, and their sides as shares of the image's.
 * @returns a perturbation.
 * @throws RangeError when an option is unknown or out of range.
 * @example
 * const image = { width: 20, height: 20, data: new Uint8Array(1200) };
 * const view = occlude({ rectangles: 1, scale: 0.1 })(image, seededRandom(1));
 * view.data.filter((value) => value > 0).length; // 12
 */
export function occlude(options: OccludeOptions = {}): Perturbation {
  const { rectangles, scale } = parseOptions('occlude', occludeSchema, options);
  return (image, random) => {
    assertImage('occlude', image);
    const { width, height } = image;
    return changedInPlace(image, noiseState, (kernel, data, state) => {
      const words = new Int32Array(kernel.memory.buffer, state, 16);
      for (let word = 0; word < words.length; word++) words[word] = random.bits();
      for (let rectangle = 0; rectangle < rectangles; rectangle++) {
        const across = Math.floor(draw(random, scale) * width);
        const down = Math.floor(draw(random, scale) * height);
        const left = wholeNumber(random, 0, width - across);
        const top = wholeNumber(random, 0, height - down);
        kernel.fillNoise(data + (top * width + left) * 3, width * 3, across * 3, down, state);
      }
    });
  };
}
