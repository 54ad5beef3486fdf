import type { RgbImage } from './image.js';

/**
 * Shrinks an image for display: each square of whole pixels becomes its mean.
 *
 * @param image RGB pixels.
 * @param largestSide in pixels; a smaller image is returned unchanged.
 * @returns the smaller image.
 * @example
 * const image = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 100, 50, 10) };
 * shrink(image, 1).data; // [50, 25, 5]
 */
export function shrink(image: RgbImage, largestSide: number): RgbImage {
  const square = Math.ceil(Math.max(image.width, image.height) / largestSide);
  if (square <= 1) return image;
  const width = Math.ceil(image.width / square);
  const height = Math.ceil(image.height / square);
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Squares at the right and lower edge may be cut.
      const right = Math.min((x + 1) * square, image.width);
      const low = Math.min((y + 1) * square, image.height);
      const sum = [0, 0, 0];
      for (let v = y * square; v < low; v++) {
        for (let u = x * square; u < right; u++) {
          for (let c = 0; c < 3; c++) sum[c]! += image.data[3 * (v * image.width + u) + c]!;
        }
      }
      const pixels = (right - x * square) * (low - y * square);
      for (let c = 0; c < 3; c++) data[3 * (y * width + x) + c] = Math.round(sum[c]! / pixels);
    }
  }
  return { width, height, data };
}
