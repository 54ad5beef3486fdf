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
 * Rectangles of uniform RGB noise at random places. With the defaults they cover about 37 % of the image.
 *
 * As the CPPO authors' RandomOcclusion, but for its noise, which never reaches 255.
 *
 * @throws RangeError when an option is not what `OccludeOptions` says.
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
