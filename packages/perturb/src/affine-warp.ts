import type { RgbImage } from './image.js';

/** Where a point (x, y) of the result lies in the source: (a·x + b·y + c, d·x + e·y + f), in pixels. */
export type AffineMap = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/**
 * Nearest pixel, black outside, in 16.16 fixed point as Pillow does.
 *
 * Both source coordinates are linear along a row, so the part of the row that falls inside the source is
 * one interval, found by division; inside it no bound is checked.
 */
export function warpNearest(image: RgbImage, map: AffineMap): RgbImage {
  const { width, height, data } = image;
  const result = new Uint8Array(data.length);
  const [a, b, c, d, e, f] = map;
  const stepX = fixed(a);
  const stepY = fixed(d);
  const rowStepX = fixed(b);
  const rowStepY = fixed(e);
  let rowX = fixed(c + a * 0.5 + b * 0.5);
  let rowY = fixed(f + d * 0.5 + e * 0.5);
  for (let row = 0; row < height; row++, rowX += rowStepX, rowY += rowStepY) {
    const [startX, endX] = inside(rowX, stepX, width);
    const [startY, endY] = inside(rowY, stepY, height);
    const start = Math.max(startX, startY, 0);
    const end = Math.min(endX, endY, width);
    let x = rowX + start * stepX;
    let y = rowY + start * stepY;
    const last = (row * width + end) * 3;
    for (let at = (row * width + start) * 3; at < last; at += 3) {
      const from = ((y >>> 16) * width + (x >>> 16)) * 3;
      result[at] = data[from]!;
      result[at + 1] = data[from + 1]!;
      result[at + 2] = data[from + 2]!;
      x += stepX;
      y += stepY;
    }
  }
  return { width, height, data: result };
}

function fixed(value: number): number {
  return Math.floor(value * 65_536 + 0.5);
}

/** The columns [start, end) at which 0 ≤ offset + column · step < side, all in 1/65536 pixel but the side. */
function inside(offset: number, step: number, side: number): readonly [start: number, end: number] {
  const limit = side * 65_536;
  if (step === 0) return offset >= 0 && offset < limit ? [0, Number.POSITIVE_INFINITY] : [0, 0];
  if (step > 0) return [Math.ceil(-offset / step), Math.ceil((limit - offset) / step)];
  return [Math.floor((limit - offset) / step) + 1, Math.floor(-offset / step) + 1];
}
