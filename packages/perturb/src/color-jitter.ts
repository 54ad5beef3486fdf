import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import { assertImage, type RgbImage } from './image.js';
import { changedInPlace } from './kernel/kernel.js';
import { draw, type Range, rangeWithin } from './options.js';
import type { Perturbation } from './perturbation.js';
import { type Random, wholeNumber } from './random.js';

/** One step of colour jitter. */
export type ColorStep = 'brightness' | 'contrast' | 'saturation';

/** Factors: 1 changes nothing, 0 takes all of it away. A single number is a fixed factor. */
export interface ColorJitterOptions {
  /** Towards black below 1. Default [0.2, 1.3]. */
  readonly brightness?: Range;
  /** Towards the image's mean luma below 1. Default [0.2, 1.8]. */
  readonly contrast?: Range;
  /** Towards each pixel's own luma below 1. Default [0.2, 1.8]. */
  readonly saturation?: Range;
  /** Order of the steps. Default 'random': each of the six with the same chance. */
  readonly order?: 'random' | readonly ColorStep[];
}

const factor = rangeWithin(0, 100);
const colorStep = z.enum(['brightness', 'contrast', 'saturation']);

export const colorJitterSchema = z.strictObject({
  brightness: factor.default([0.2, 1.3]),
  contrast: factor.default([0.2, 1.8]),
  saturation: factor.default([0.2, 1.8]),
  order: z
    .union([z.literal('random'), z.array(colorStep)])
    .refine(
      (order) => order === 'random' || new Set(order).size === order.length,
      'expected each step at most once',
    )
    .default('random'),
});

/**
 * Jitters brightness, contrast and saturation, in a random order.
 *
 *   v ← clip(⌊d + f·(v − d)⌋, 0, 255)
 *
 * with d = 0 (brightness), the rounded mean luma of the whole image (contrast) or the pixel's luma
 * (saturation), and 8-bit values between the steps.
 *
 * Byte for byte torchvision's ColorJitter on Pillow images (ImageEnhance); torchvision's tensor backend
 * differs by rounding (usually 1 level a step). There is no hue. Unlike torchvision's, a single number is a
 * fixed factor, not a spread.
 *
 * @param options the range of each factor f, and the order of the steps.
 * @returns a perturbation.
 * @throws RangeError when an option is unknown or out of range.
 * @example
 * const image = { width: 1, height: 1, data: Uint8Array.of(10, 20, 200) };
 * const darker = colorJitter({ brightness: 0.5, contrast: 1, saturation: 1 });
 * darker(image, seededRandom(1)).data; // [5, 10, 100]
 */
export function colorJitter(options: ColorJitterOptions = {}): Perturbation {
  const { brightness, contrast, saturation, order } = parseOptions('colorJitter', colorJitterSchema, options);
  return (image, random) => {
    assertImage('colorJitter', image);
    const steps = order === 'random' ? shuffled(random) : order;
    const factors: Record<ColorStep, number> = {
      brightness: draw(random, brightness),
      contrast: draw(random, contrast),
      saturation: draw(random, saturation),
    };
    return applySteps(image, steps, factors);
  };
}

function shuffled(random: Random): readonly ColorStep[] {
  const steps: ColorStep[] = ['brightness', 'contrast', 'saturation'];
  for (let last = steps.length - 1; last > 0; last--) {
    const other = wholeNumber(random, 0, last);
    [steps[last], steps[other]] = [steps[other]!, steps[last]!];
  }
  return steps;
}

function applySteps(
  image: RgbImage,
  steps: readonly ColorStep[],
  factors: Readonly<Record<ColorStep, number>>,
): RgbImage {
  const pixels = image.width * image.height;
  return changedInPlace(image, 0, (kernel, data) => {
    for (const step of steps) {
      const factor = factors[step];
      if (factor === 1) continue;
      if (step === 'saturation') {
        kernel.saturate(data, pixels, factor);
      } else {
        const from = step === 'brightness' ? 0 : Math.floor(kernel.lumaSum(data, pixels) / pixels + 0.5);
        kernel.blendValues(data, pixels * 3, from, factor);
      }
    }
  });
}
