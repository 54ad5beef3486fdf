import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import { type AffineMap, warpNearest } from './affine-warp.js';
import { assertImage } from './image.js';
import { draw, type Range, rangeWithin } from './options.js';
import type { Perturbation } from './perturbation.js';

export interface RotateOptions {
  /** Counter-clockwise. Default [−10, 10]. */
  readonly degrees?: Range;
}

export const rotateSchema = z.strictObject({ degrees: rangeWithin(-360, 360).default([-10, 10]) });

/**
 * Rotates about the centre; keeps the size, takes the nearest pixel, fills with black.
 *
 * Equal to torchvision's RandomRotation on Pillow images for the same angle.
 *
 * @param options the range of the angle, in degrees, counter-clockwise.
 * @returns a perturbation.
 * @throws RangeError when an option is unknown or out of range.
 * @example
 * const image = { width: 1, height: 2, data: Uint8Array.of(10, 20, 30, 40, 50, 60) };
 * rotate({ degrees: 180 })(image, seededRandom(1)).data; // [40, 50, 60, 10, 20, 30]
 */
export function rotate(options: RotateOptions = {}): Perturbation {
  const { degrees } = parseOptions('rotate', rotateSchema, options);
  return (image, random) => {
    assertImage('rotate', image);
    return warpNearest(image, rotation(draw(random, degrees), image.width / 2, image.height / 2));
  };
}

function rotation(degrees: number, centerX: number, centerY: number): AffineMap {
  const turn = degrees % 360;
  const angle = -((turn < 0 ? turn + 360 : turn) * Math.PI) / 180;
  const cosine = rounded(Math.cos(angle));
  const sine = rounded(Math.sin(angle));
  return [
    cosine,
    sine,
    cosine * -centerX + sine * -centerY + centerX,
    -sine,
    cosine,
    -sine * -centerX + cosine * -centerY + centerY,
  ];
}

/** To 15 decimals, as Pillow does; it also takes away the last bit in which engines' sines may differ. */
function rounded(value: number): number {
  return Number(value.toFixed(15));
}
