import { z } from 'zod';
import { assertImage, type RgbImage } from './image.js';
import { luma } from './luma.js';
import { draw, parseOptions, type Range, rangeWithin } from './options.js';
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
 * Colour jitter: brightness, contrast and saturation, in a random order.
 *
 *   v ← clip(⌊d + f·(v − d)⌋, 0, 255), with d = 0 (brightness), the rounded mean luma of the whole image (contrast)
 *   or the pixel's luma (saturation), and 8-bit values between the steps.
 *
 * Equal, byte for byte, to torchvision's ColorJitter on Pillow images (ImageEnhance); torchvision's tensor backend
 * differs by rounding (usually 1 level a step). There is no hue. Unlike torchvision's, a single number is a fixed factor, not a spread.
 *
 * @throws TypeError when an option is not what `ColorJitterOptions` says.
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

/**
 * Brightness and contrast act on each value alone, so they gather in a table of 256 entries that is read
 * on the way through the pixels, by the saturation step or at the end: at most three passes in all.
 */
function applySteps(
  image: RgbImage,
  steps: readonly ColorStep[],
  factors: Readonly<Record<ColorStep, number>>,
): RgbImage {
  const data = new Uint8Array(image.data.length);
  let source = image.data;
  let tone = Uint8Array.from({ length: 256 }, (_, value) => value);
  for (const step of steps) {
    const factor = factors[step];
    if (factor === 1) continue;
    if (step === 'saturation') {
      saturate(source, data, tone, factor);
      source = data;
      tone = Uint8Array.from({ length: 256 }, (_, value) => value);
    } else {
      const towards = step === 'brightness' ? 0 : meanLuma(source, tone);
      tone = tone.map((value) => blend(towards, value, factor));
    }
  }
  for (let at = 0; at < data.length; at++) data[at] = tone[source[at]!]!;
  return { width: image.width, height: image.height, data };
}

/** Pillow's ImagingBlend: single precision, rounded towards zero, clipped. */
function blend(from: number, to: number, factor: number): number {
  const value = Math.fround(from + Math.fround(Math.fround(factor) * (to - from)));
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
}

function meanLuma(source: Uint8Array, tone: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < source.length; at += 3) {
    sum += luma(tone[source[at]!]!, tone[source[at + 1]!]!, tone[source[at + 2]!]!);
  }
  return Math.floor(sum / (source.length / 3) + 0.5);
}

/** `source` and `target` may be the same array. */
function saturate(source: Uint8Array, target: Uint8Array, tone: Uint8Array, factor: number): void {
  // What a pixel of luma g makes of a channel of value v, at g·256 + v.
  const blended = new Uint8Array(65_536);
  for (let gray = 0, at = 0; gray < 256; gray++) {
    for (let value = 0; value < 256; value++, at++) blended[at] = blend(gray, value, factor);
  }
  for (let at = 0; at < source.length; at += 3) {
    const red = tone[source[at]!]!;
    const green = tone[source[at + 1]!]!;
    const blue = tone[source[at + 2]!]!;
    const row = luma(red, green, blue) << 8;
    target[at] = blended[row | red]!;
    target[at + 1] = blended[row | green]!;
    target[at + 2] = blended[row | blue]!;
  }
}
