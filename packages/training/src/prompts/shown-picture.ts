import { type RgbImage, shrink } from '@cppo/perturb';

/** Twice what a page gives a picture, for sharp screens. */
const largestSide = 512;

/**
 * Shrinks a picture for a log or page.
 *
 * @param image RGB pixels.
 * @returns a smaller copy, or the picture itself.
 */
export function shownPicture(image: RgbImage): RgbImage {
  return shrink(image, largestSide);
}
