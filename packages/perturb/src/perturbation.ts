import type { RgbImage } from './image.js';
import type { Random } from './random.js';

/**
 * A view of an image: same width and height, other pixels.
 *
 * Pure: the result depends on the two arguments only, and the image given is never written to
 * (but it may be returned as it is, when nothing changed).
 */
export type Perturbation = (image: RgbImage, random: Random) => RgbImage;
