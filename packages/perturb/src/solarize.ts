import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import type { Perturbation } from './perturbation.js';
import { applyToneCurve } from './tone-curve.js';

export interface SolarizeOptions {
  /** Values from here on are inverted, 0 to 256. Default 128. */
  readonly threshold?: number;
}

export const solarizeSchema = z.strictObject({ threshold: z.number().min(0).max(256).default(128) });

/**
 * Inverts the values at or above a threshold, as torchvision's solarize.
 *
 * @throws RangeError when an option is not what `SolarizeOptions` says.
 */
export function solarize(options: SolarizeOptions = {}): Perturbation {
  const { threshold } = parseOptions('solarize', solarizeSchema, options);
  return (image) => applyToneCurve('solarize', image, (value) => (value < threshold ? value : 255 - value));
}
