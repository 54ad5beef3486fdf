import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import { assertImage, type RgbImage } from './image.js';
import { drawnFrom } from './kernel/kernel.js';
import { draw, type Range, rangeWithin } from './options.js';
import type { Perturbation } from './perturbation.js';

export interface GaussianBlurOptions {
  /** Odd number of pixels. Default 3. */
  readonly kernelSize?: number;
  /** Standard deviation, pixels. Default 1. */
  readonly sigma?: Range;
  /** What lies beyond the border: the image mirrored about its outermost pixels, or black. Default 'reflect'. */
  readonly padding?: 'reflect' | 'zero';
}

export const gaussianBlurSchema = z.strictObject({
  kernelSize: z
    .number()
    .int()
    .min(1)
    .max(99)
    .refine((size) => size % 2 === 1, 'expected an odd number')
    .default(3),
  sigma: rangeWithin(0.01, 100).default(1),
  padding: z.enum(['reflect', 'zero']).default('reflect'),
});

/**
 * Blurs with `kernelSize` × `kernelSize` Gaussian weights exp(−(x² + y²) / 2σ²), normalised.
 *
 * Follows torchvision's GaussianBlur, except that up to one value in a thousand rounds the other way. Padding
 * 'zero' is the CPPO authors' own blur, which darkens the outermost pixels.
 *
 * @param options kernel size and σ in pixels, and the padding.
 * @returns a perturbation.
 * @throws RangeError when an option is unknown or out of range.
 * @example
 * const image = { width: 3, height: 1, data: Uint8Array.of(0, 0, 0, 90, 90, 90, 0, 0, 0) };
 * gaussianBlur({ kernelSize: 3, sigma: 1 })(image, seededRandom(1)).data; // [49, 49, 49, 41, 41, 41, 49, 49, 49]
 */
export function gaussianBlur(options: GaussianBlurOptions = {}): Perturbation {
  const { kernelSize, sigma, padding } = parseOptions('gaussianBlur', gaussianBlurSchema, options);
  return (image, random) => {
    assertImage('gaussianBlur', image);
    return blur(image, gaussianWeights(kernelSize, draw(random, sigma)), padding);
  };
}

/** In multiples of 2⁻²⁰, which hides the last bits in which engines' exponentials may differ. */
function gaussianWeights(size: number, sigma: number): Float32Array {
  const radius = (size - 1) / 2;
  const density = Float64Array.from({ length: size }, (_, at) =>
    Math.exp(-0.5 * ((at - radius) / sigma) ** 2),
  );
  const total = density.reduce((sum, value) => sum + value, 0);
  return Float32Array.from(density, (value) => Math.round((value / total) * 2 ** 20) / 2 ** 20);
}

function blur(image: RgbImage, weights: Float32Array, padding: 'reflect' | 'zero'): RgbImage {
  const { width, height, data } = image;
  const size = weights.length;
  const scratch = size * 4 + (width + size) * 3 + data.length * 4 + 64;
  return drawnFrom(image, scratch, (kernel, source, target, address) => {
    new Float32Array(kernel.memory.buffer, address, size).set(weights);
    kernel.blur(source, target, address, size, width, height, padding === 'reflect');
  });
}
