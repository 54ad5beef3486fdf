import { assertImage, type RgbImage } from './image.js';

/** Applies a curve to every value of every channel. */
export function applyToneCurve(caller: string, image: RgbImage, curve: (value: number) => number): RgbImage {
  assertImage(caller, image);
  const table = Uint8Array.from({ length: 256 }, (_, value) => curve(value));
  const { width, height, data } = image;
  return { width, height, data: data.map((value) => table[value]!) };
}
