import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import { assertImage } from './image.js';
import type { Perturbation } from './perturbation.js';

export interface PatchMaskOptions {
  /** Chance of each cell to become black. Default 0.6 (PAPO); VPPO uses 0.5. */
  readonly probability?: number;
  /** Side of a cell, pixels; Qwen2.5-VL sees patches of 14. Default 14. */
  readonly size?: number;
}

export const patchMaskSchema = z.strictObject({
  probability: z.number().min(0).max(1).default(0.6),
  size: z.number().int().min(1).default(14),
});

/**
 * Blackens cells of a grid from the top left, each independently with the same probability (PAPO,
 * arXiv:2507.06448; VPPO, arXiv:2510.09285). Cells cut by the right and lower borders count as cells.
 *
 * @param options the probability, and the side of a cell in pixels.
 * @returns a perturbation.
 * @throws RangeError when an option is unknown or out of range.
 * @example
 * const image = { width: 2, height: 1, data: Uint8Array.of(1, 1, 1, 2, 2, 2) };
 * patchMask({ probability: 1 })(image, seededRandom(1)).data; // [0, 0, 0, 0, 0, 0]
 */
export function patchMask(options: PatchMaskOptions = {}): Perturbation {
  const { probability, size } = parseOptions('patchMask', patchMaskSchema, options);
  return (image, random) => {
    assertImage('patchMask', image);
    const { width, height } = image;
    const data = image.data.slice();
    for (let top = 0; top < height; top += size) {
      const bottom = Math.min(top + size, height);
      for (let left = 0; left < width; left += size) {
        if (random.next() >= probability) continue;
        const right = Math.min(left + size, width);
        for (let row = top; row < bottom; row++)
          data.fill(0, (row * width + left) * 3, (row * width + right) * 3);
      }
    }
    return { width, height, data };
  };
}
