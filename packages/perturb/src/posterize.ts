import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import type { Perturbation } from './perturbation.js';
import { applyToneCurve } from './tone-curve.js';

export interface PosterizeOptions {
  /** High bits of each channel that are kept, 1 to 8. Default 2. */
  readonly bits?: number;
}

export const posterizeSchema = z.strictObject({ bits: z.number().int().min(1).max(8).default(2) });

/**
 * Keeps the high bits of every channel, as torchvision's posterize.
 *
 * @param options the number of bits.
 * @returns a perturbation.
 * @throws RangeError when an option is unknown or out of range.
 * @example
 * const image = { width: 1, height: 1, data: Uint8Array.of(63, 100, 255) };
 * posterize({ bits: 2 })(image, seededRandom(1)).data; // [0, 64, 192]
 */
export function posterize(options: PosterizeOptions = {}): Perturbation {
  const { bits } = parseOptions('posterize', posterizeSchema, options);
  const kept = 0xff & ~((1 << (8 - bits)) - 1);
  return (image) => applyToneCurve('posterize', image, (value) => value & kept);
}
