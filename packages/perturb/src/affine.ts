import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import { type AffineMap, warpNearest } from './affine-warp.js';
import { assertImage } from './image.js';
import { draw, type Range, rangeWithin } from './options.js';
import type { Perturbation } from './perturbation.js';

export interface AffineOptions {
  /** Rotation, positive is clockwise (torchvision's `affine`, unlike its `rotate`). Default [−45, 45]. */
  readonly degrees?: Range;
  /** Shear along x, degrees. Default [−20, 20]. */
  readonly shear?: Range;
}

export const affineSchema = z.strictObject({
  degrees: rangeWithin(-360, 360).default([-45, 45]),
  shear: rangeWithin(-80, 80).default([-20, 20]),
});

/**
 * Rotates and shears about the centre; keeps the size, takes the nearest pixel, fills with black.
 *
 * Equal to torchvision's RandomAffine(45, shear=20) on Pillow images for the same angles.
 *
 * @param options ranges of both angles, in degrees.
 * @returns a perturbation.
 * @throws RangeError when an option is unknown or out of range.
 * @example
 * const image = { width: 1, height: 2, data: Uint8Array.of(10, 20, 30, 40, 50, 60) };
 * affine({ degrees: 180, shear: 0 })(image, seededRandom(1)).data; // [40, 50, 60, 10, 20, 30]
 */
export function affine(options: AffineOptions = {}): Perturbation {
  const { degrees, shear } = parseOptions('affine', affineSchema, options);
  return (image, random) => {
    assertImage('affine', image);
    return warpNearest(
      image,
      inverse(draw(random, degrees), draw(random, shear), image.width / 2, image.height / 2),
    );
  };
}

/** Where a pixel of the result comes from: the inverse of rotation after shear, a matrix of determinant 1. */
function inverse(degrees: number, shear: number, centerX: number, centerY: number): AffineMap {
  const angle = (degrees * Math.PI) / 180;
  const slope = Math.tan((shear * Math.PI) / 180);
  const cosine = Math.cos(angle);
  const sine = Math.sin(angle);
  const a = cosine - sine * slope;
  const b = sine + cosine * slope;
  return [
    a,
    b,
    a * -centerX + b * -centerY + centerX,
    -sine,
    cosine,
    -sine * -centerX + cosine * -centerY + centerY,
  ];
}
