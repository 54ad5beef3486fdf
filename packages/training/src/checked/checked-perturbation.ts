import type { Perturbation, RgbImage } from '@cppo/perturb';
import type { Blame } from './blame.js';
import { aKind } from './kinds.js';

/**
 * Wraps a custom perturbation so that malformed pictures are reported as its error.
 *
 * Passes a copy of the picture: a perturbation that writes to it would spoil the other views.
 *
 * @param perturb a perturbation.
 * @param blame names its module in messages.
 * @returns the same perturbation; it throws a ModuleError.
 */
export function checkedPerturbation(perturb: Perturbation, blame: Blame): Perturbation {
  return (image, random) => {
    const { width, height } = image;
    const expected = `an image {width, height, data} of ${width}×${height} pixels, RGB in a Uint8Array of ${3 * width * height} bytes, as the one that it is given`;
    const copy = { ...image, data: new Uint8Array(image.data) };
    const found: unknown = blame.now('it', expected, () => perturb(copy, random));
    const view = (found ?? {}) as Partial<RgbImage>;
    if (!(view.data instanceof Uint8Array)) throw blame.wrong('it', aKind(found), expected);
    if (view.width !== width || view.height !== height || view.data.length !== 3 * width * height) {
      const wrong = `${view.width}×${view.height} pixels with ${view.data.length} bytes`;
      throw blame.wrong('it', wrong, expected);
    }
    return { width, height, data: view.data };
  };
}
