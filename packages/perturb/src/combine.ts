import type { Perturbation } from './perturbation.js';
import { wholeNumber } from './random.js';

/** The image as it is. */
export const identity: Perturbation = (image) => image;

/**
 * One of several, each with the same chance, drawn afresh every time.
 *
 * @throws RangeError when the list is empty.
 */
export function oneOf(...perturbations: readonly Perturbation[]): Perturbation {
  if (perturbations.length === 0) throw new RangeError('oneOf: got no perturbation; expected at least one.');
  return (image, random) => perturbations[wholeNumber(random, 0, perturbations.length - 1)]!(image, random);
}

/**
 * The perturbation with the given probability, else the image as it is.
 *
 * @throws RangeError when the probability is outside [0, 1].
 */
export function sometimes(probability: number, perturbation: Perturbation): Perturbation {
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`sometimes: probability is ${probability}; expected a number in [0, 1].`);
  }
  return (image, random) => (random.next() < probability ? perturbation(image, random) : image);
}

/** All of them, the first one first; of none, the identity. */
export function compose(...perturbations: readonly Perturbation[]): Perturbation {
  return (image, random) => perturbations.reduce((view, perturbation) => perturbation(view, random), image);
}
