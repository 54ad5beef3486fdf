import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import { assertImage } from './image.js';
import type { Perturbation } from './perturbation.js';
import { wholeNumber } from './random.js';

export interface BlackSquaresOptions {
  /** Share of the image that is covered at least, 0 to 0.95. Default 0.8. */
  readonly coverage?: number;
  /** Side of a square, pixels. Default 14. */
  readonly size?: number;
}

export const blackSquaresSchema = z.strictObject({
  coverage: z.number().min(0).max(0.95).default(0.8),
  size: z.number().int().min(1).default(14),
});

/**
 * Draws black squares at random places until enough is covered. They overlap; the right and lower borders cut
 * them.
 *
 * Follows the CPPO authors' code except for its seed, which is fixed there.
 *
 * @param options the covered share, and the side of a square in pixels.
 * @returns a perturbation.
 * @throws RangeError when an option is unknown or out of range.
 * @example
 * const image = { width: 2, height: 1, data: Uint8Array.of(1, 1, 1, 2, 2, 2) };
 * blackSquares({ coverage: 0.9, size: 1 })(image, seededRandom(1)).data; // [0, 0, 0, 0, 0, 0]
 */
export function blackSquares(options: BlackSquaresOptions = {}): Perturbation {
  const { coverage, size } = parseOptions('blackSquares', blackSquaresSchema, options);
  return (image, random) => {
    assertImage('blackSquares', image);
    const { width, height } = image;
    const data = image.data.slice();
    const covered = new Uint8Array(width * height);
    let missing = Math.ceil(coverage * width * height);
    while (missing > 0) {
      const left = wholeNumber(random, 0, width - 1);
      const top = wholeNumber(random, 0, height - 1);
      const right = Math.min(left + size, width);
      const bottom = Math.min(top + size, height);
      for (let row = top; row < bottom; row++) {
        data.fill(0, (row * width + left) * 3, (row * width + right) * 3);
        for (let at = row * width + left; at < row * width + right; at++) {
          missing -= 1 - covered[at]!;
          covered[at] = 1;
        }
      }
    }
    return { width, height, data };
  };
}
