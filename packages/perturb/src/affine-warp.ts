import type { RgbImage } from './image.js';
import { drawnFrom } from './kernel/kernel.js';

/** Where a point (x, y) of the result lies in the source: (a·x + b·y + c, d·x + e·y + f), in pixels. */
export type AffineMap = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** Nearest pixel, black outside, in 16.16 fixed point as Pillow does. */
export function warpNearest(image: RgbImage, map: AffineMap): RgbImage {
  const [a, b, c, d, e, f] = map;
  return drawnFrom(image, 0, (kernel, source, target) =>
    kernel.warpNearest(
      source,
      target,
      image.width,
      image.height,
      fixed(c + a * 0.5 + b * 0.5),
      fixed(f + d * 0.5 + e * 0.5),
      fixed(a),
      fixed(d),
      fixed(b),
      fixed(e),
    ),
  );
}

function fixed(value: number): number {
  return Math.floor(value * 65_536 + 0.5);
}
