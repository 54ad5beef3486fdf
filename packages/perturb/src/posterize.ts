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
 * @throws RangeError when an option is not what `PosterizeOptions` says.
 */
export function posterize(options: PosterizeOptions = {}): Perturbation {
  const { bits } = parseOptions('posterize', posterizeSchema, options);
  const kept = 0xff & ~((1 << (8 - bits)) - 1);
  return (image) => applyToneCurve('posterize', image, (value) => value & kept);
}
