import type { RgbImage } from './image.js';
import type { Perturbation } from './perturbation.js';
import { fork, type Random } from './random.js';

/** What makes the two kinds of views. */
export interface ViewPreset {
  /** Keeps what a reader needs. */
  readonly preserving: Perturbation;
  /** Takes it away; several make several negatives. */
  readonly removing: Perturbation | readonly Perturbation[];
}

/** Views of one image, all of its size. */
export interface Views {
  readonly preserving: RgbImage;
  /** One for each removing perturbation, in their order. */
  readonly removing: readonly RgbImage[];
}

/**
 * Draws every view of a preset once.
 *
 * Each view has a generator of its own, seeded from the one given, so one perturbation's consumption never
 * changes the others: arms of an ablation that share a perturbation share its views.
 *
 * @param image RGB pixels.
 * @param preset the perturbation of each view.
 * @param random seeded by what identifies the draw: `seededRandom(runSeed, sampleId, epoch, imageIndex)`.
 * @returns the views, of the image's size.
 * @example
 * const image = { width: 1, height: 1, data: Uint8Array.of(0, 100, 255) };
 * const { removing } = makeViews(image, { preserving: identity, removing: invert() }, seededRandom(1));
 * removing.map(({ data }) => data); // [[255, 155, 0]]
 */
export function makeViews(image: RgbImage, preset: ViewPreset, random: Random): Views {
  const removing = typeof preset.removing === 'function' ? [preset.removing] : preset.removing;
  const seed = fork(random, 'views');
  const preservingRandom = fork(seed, 'preserving');
  return {
    preserving: preset.preserving(image, preservingRandom),
    removing: removing.map((perturbation) => perturbation(image, fork(seed, 'removing'))),
  };
}
