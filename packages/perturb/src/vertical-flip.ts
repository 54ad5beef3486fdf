import { assertImage } from './image.js';
import type { Perturbation } from './perturbation.js';

/** Upside down, mirrored: the first row becomes the last. */
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
