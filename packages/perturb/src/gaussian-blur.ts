import { z } from 'zod';
import { assertImage, type RgbImage } from './image.js';
import { draw, parseOptions, type Range, rangeWithin } from './options.js';
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
 * Gaussian blur with a kernel of `kernelSize` × `kernelSize` weights exp(−(x² + y²) / 2σ²), normalised.
 *
 * As torchvision's GaussianBlur, to the last rounding. Padding 'zero' is that of the CPPO authors' own blur, which
 * darkens the outermost pixels.
 *
 * @throws TypeError when an option is not what `GaussianBlurOptions` says.
 */
export function gaussianBlur(options: GaussianBlurOptions = {}): Perturbation {
  const { kernelSize, sigma, padding } = parseOptions('gaussianBlur', gaussianBlurSchema, options);
  return (image, random) => {
    assertImage('gaussianBlur', image);
    return blur(image, gaussianWeights(kernelSize, draw(random, sigma)), padding);
  };
}

/** Weights in 1/65536 that sum to exactly 1, so that all sums below are exact integers on every machine. */
function gaussianWeights(size: number, sigma: number): Float64Array {
  const radius = (size - 1) / 2;
  const density = Float64Array.from({ length: size }, (_, at) =>
    Math.exp(-0.5 * ((at - radius) / sigma) ** 2),
  );
  const total = density.reduce((sum, value) => sum + value, 0);
  const weights = density.map((value) => Math.round((value / total) * 65_536));
  weights[radius]! += 65_536 - weights.reduce((sum, value) => sum + value, 0);
  return weights;
}

function blur(image: RgbImage, weights: Float64Array, padding: 'reflect' | 'zero'): RgbImage {
  const { width, height, data } = image;
  const radius = (weights.length - 1) / 2;
  const stride = width * 3;
  const columns = borderTable(width, radius, padding);
  const rows = borderTable(height, radius, padding);

  // Single precision holds these sums exactly: 255 · 65536 < 2²⁴.
  const across = new Float32Array(data.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let tap = 0; tap < weights.length; tap++) {
        const from = columns[column + tap]!;
        if (from < 0) continue;
        const at = row * stride + from * 3;
        const weight = weights[tap]!;
        red += weight * data[at]!;
        green += weight * data[at + 1]!;
        blue += weight * data[at + 2]!;
      }
      const at = row * stride + column * 3;
      across[at] = red;
      across[at + 1] = green;
      across[at + 2] = blue;
    }
  }

  const result = new Uint8Array(data.length);
  const sums = new Float64Array(stride);
  for (let row = 0; row < height; row++) {
    sums.fill(2_147_483_648);
    for (let tap = 0; tap < weights.length; tap++) {
      const from = rows[row + tap]!;
      if (from < 0) continue;
      const weight = weights[tap]!;
      const offset = from * stride;
      for (let at = 0; at < stride; at++) sums[at]! += weight * across[offset + at]!;
    }
    const target = row * stride;
    for (let at = 0; at < stride; at++) result[target + at] = sums[at]! / 4_294_967_296;
  }
  return { width, height, data: result };
}

/** For position + tap, the index to read; −1 means black. */
function borderTable(length: number, radius: number, padding: 'reflect' | 'zero'): Int32Array {
  const period = Math.max(1, 2 * (length - 1));
  return Int32Array.from({ length: length + 2 * radius }, (_, at) => {
    const index = at - radius;
    if (index >= 0 && index < length) return index;
    if (padding === 'zero') return -1;
    const folded = ((index % period) + period) % period;
    return folded < length ? folded : period - folded;
  });
}
