import { assertImage } from './image.js';
import type { Perturbation } from './perturbation.js';

/**
 * Mirrors the image upside down: the first row becomes the last.
 *
 * @returns a perturbation.
 * @example
 * const image = { width: 1, height: 2, data: Uint8Array.of(10, 20, 30, 40, 50, 60) };
 * verticalFlip()(image, seededRandom(1)).data; // [40, 50, 60, 10, 20, 30]
 */
export function verticalFlip(): Perturbation {
  return (image) => {
    assertImage('verticalFlip', image);
    const { width, height } = image;
    const stride = width * 3;
    const data = new Uint8Array(image.data.length);
    for (let row = 0; row < height; row++) {
      data.set(image.data.subarray(row * stride, (row + 1) * stride), (height - 1 - row) * stride);
    }
    return { width, height, data };
  };
}
