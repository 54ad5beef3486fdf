import type { Perturbation } from './perturbation.js';
import { applyToneCurve } from './tone-curve.js';

/** The negative: every value v becomes 255 − v. */
export function invert(): Perturbation {
  return (image) => applyToneCurve('invert', image, (value) => 255 - value);
}
