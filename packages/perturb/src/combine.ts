import type { Perturbation } from './perturbation.js';
import { wholeNumber } from './random.js';

/**
 * Returns the image unchanged.
 *
 * @param image any image.
 * @returns the same image.
 * @example
 * identity({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3) }).data; // [1, 2, 3]
 */
export const identity: Perturbation = (image) => image;

/**
 * Applies one of several perturbations, drawn anew for each image with equal chances.
 *
 * @param perturbations the candidates.
 * @returns a perturbation.
 * @throws RangeError when there is no candidate.
 * @example
 * const image = { width: 1, height: 1, data: Uint8Array.of(0, 100, 255) };
 * oneOf(invert(), invert())(image, seededRandom(1)).data; // [255, 155, 0]
 */
export function oneOf(...perturbations: readonly Perturbation[]): Perturbation {
  if (perturbations.length === 0) throw new RangeError('oneOf: got no perturbation; expected at least one.');
  return (image, random) => perturbations[wholeNumber(random, 0, perturbations.length - 1)]!(image, random);
}

/**
 * Applies a perturbation with the given probability, and otherwise leaves the image unchanged.
 *
 * @param probability in [0, 1].
 * @param perturbation the perturbation.
 * @returns a perturbation.
 * @throws RangeError when the probability is outside [0, 1].
 * @example
 * const image = { width: 1, height: 1, data: Uint8Array.of(0, 100, 255) };
 * sometimes(0, invert())(image, seededRandom(1)).data; // [0, 100, 255]
 */
export function sometimes(probability: number, perturbation: Perturbation): Perturbation {
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`sometimes: probability is ${probability}; expected a number in [0, 1].`);
  }
  return (image, random) => (random.next() < probability ? perturbation(image, random) : image);
}

/**
 * Applies all perturbations in order; none leaves the image unchanged.
 *
 * @param perturbations the first one is applied first.
 * @returns their composition.
 * @example
 * const image = { width: 1, height: 1, data: Uint8Array.of(0, 100, 255) };
 * compose(invert(), posterize({ bits: 1 }))(image, seededRandom(1)).data; // [128, 128, 0]
 */
export function compose(...perturbations: readonly Perturbation[]): Perturbation {
  return (image, random) => perturbations.reduce((view, perturbation) => perturbation(view, random), image);
}
