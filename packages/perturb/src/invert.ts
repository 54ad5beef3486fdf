import type { Perturbation } from './perturbation.js';
import { applyToneCurve } from './tone-curve.js';

/**
 * Inverts every value:  v ← 255 − v.
 *
 * @returns a perturbation.
 * @example
 * const image = { width: 1, height: 1, data: Uint8Array.of(0, 100, 255) };
 * invert()(image, seededRandom(1)).data; // [255, 155, 0]
 */
export function invert(): Perturbation {
  return (image) => applyToneCurve('invert', image, (value) => 255 - value);
}
