import { type RgbImage, shrink } from '@cppo/perturb';

/** Twice what a page gives a picture, for sharp screens. */
const largestSide = 512;

/** A picture as a log or a page needs it. */
export function shownPicture(image: RgbImage): RgbImage {
  return shrink(image, largestSide);
}
