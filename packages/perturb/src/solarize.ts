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
 * @param options the threshold.
 * @returns a perturbation.
 * @throws RangeError when an option is unknown or out of range.
 * @example
 * const image = { width: 1, height: 1, data: Uint8Array.of(0, 127, 200) };
 * solarize()(image, seededRandom(1)).data; // [0, 127, 55]
 */
export function solarize(options: SolarizeOptions = {}): Perturbation {
  const { threshold } = parseOptions('solarize', solarizeSchema, options);
  return (image) => applyToneCurve('solarize', image, (value) => (value < threshold ? value : 255 - value));
}
