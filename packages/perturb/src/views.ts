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
 * One draw of every view of a preset.
 *
 * Each view has its own generator, drawn from the one given: what one perturbation consumes never changes the others,
 * so arms of an ablation that share a perturbation share its views.
 *
 * @param random seeded with what identifies the draw: `seededRandom(runSeed, sampleId, epoch, imageIndex)`.
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
