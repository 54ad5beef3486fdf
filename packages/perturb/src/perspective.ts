import { z } from 'zod';
import { assertImage, type RgbImage } from './image.js';
import { parseOptions } from './options.js';
import type { Perturbation } from './perturbation.js';
import { type Random, wholeNumber } from './random.js';
import { solve } from './solve.js';

/** Pixels from the top left corner. */
export type Point = readonly [x: number, y: number];

/** Top left, top right, bottom right, bottom left. */
export type Corners = readonly [Point, Point, Point, Point];

export interface PerspectiveOptions {
  /** Each corner moves inward by at most half of this share of each side. Default 0.2. */
  readonly distortionScale?: number;
  /** Chance that anything happens at all. Default 0.5. */
  readonly probability?: number;
  /** Where the image's corners go, fixed, instead of a draw; applied with the same probability. */
  readonly corners?: Corners;
}

const point = z.tuple([z.number(), z.number()]).readonly();

export const perspectiveSchema = z.strictObject({
  distortionScale: z.number().min(0).max(1).default(0.2),
  probability: z.number().min(0).max(1).default(0.5),
  corners: z.tuple([point, point, point, point]).readonly().optional(),
});

/**
 * Random perspective: the image's corners move inward to whole pixels, each drawn alone; outside is black.
 *
 * Equal to torchvision's RandomPerspective (bilinear) on Pillow images for the same corners; its tensor backend
 * also blends the outermost half pixel with black and rounds where Pillow truncates.
 *
 * @throws TypeError when an option is not what `PerspectiveOptions` says; RangeError when three corners are in line.
 */
export function perspective(options: PerspectiveOptions = {}): Perturbation {
  const { distortionScale, probability, corners } = parseOptions('perspective', perspectiveSchema, options);
  return (image, random) => {
    assertImage('perspective', image);
    if (random.next() >= probability) return image;
    return warp(image, corners ?? drawCorners(image, distortionScale, random));
  };
}

function drawCorners({ width, height }: RgbImage, distortionScale: number, random: Random): Corners {
  const across = Math.floor(distortionScale * Math.floor(width / 2));
  const down = Math.floor(distortionScale * Math.floor(height / 2));
  const left = () => wholeNumber(random, 0, across);
  const right = () => wholeNumber(random, width - 1 - across, width - 1);
  const top = () => wholeNumber(random, 0, down);
  const bottom = () => wholeNumber(random, height - 1 - down, height - 1);
  return [
    [left(), top()],
    [right(), top()],
    [right(), bottom()],
    [left(), bottom()],
  ];
}

/**
 * The eight coefficients that take a pixel (x, y) of the result to its place in the source,
 * ((a·x + b·y + c) / (g·x + h·y + 1), (d·x + e·y + f) / (g·x + h·y + 1)).
 */
function coefficients({ width, height }: RgbImage, corners: Corners): Float32Array {
  const sources: Corners = [
    [0, 0],
    [width - 1, 0],
    [width - 1, height - 1],
    [0, height - 1],
  ];
  const rows: number[][] = [];
  for (let corner = 0; corner < 4; corner++) {
    const [x, y] = corners[corner]!;
    const [sourceX, sourceY] = sources[corner]!;
    rows.push([x, y, 1, 0, 0, 0, -sourceX * x, -sourceX * y, sourceX]);
    rows.push([0, 0, 0, x, y, 1, -sourceY * x, -sourceY * y, sourceY]);
  }
  const solution = solve(rows);
  if (!solution) {
    throw new RangeError(
      `perspective: corners are ${JSON.stringify(corners)}; expected no three of them in line.`,
    );
  }
  // Single precision, as torchvision hands them to Pillow.
  return Float32Array.from(solution);
}

/** Bilinear, in double precision and rounded towards zero, in the order of operations of Pillow's generic transform. */
function warp(image: RgbImage, corners: Corners): RgbImage {
  const { width, height, data } = image;
  const [a, b, c, d, e, f, g, h] = coefficients(image, corners) as unknown as readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const result = new Uint8Array(data.length);
  const lastColumn = (width - 1) * 3;
  const stride = width * 3;
  const lastRow = (height - 1) * stride;
  let at = 0;
  for (let row = 0; row < height; row++) {
    const y = row + 0.5;
    const by = b * y;
    const ey = e * y;
    const hy = h * y;
    for (let column = 0; column < width; column++, at += 3) {
      const x = column + 0.5;
      const depth = g * x + hy + 1;
      let sourceX = (a * x + by + c) / depth;
      let sourceY = (d * x + ey + f) / depth;
      if (!(sourceX >= 0 && sourceX < width && sourceY >= 0 && sourceY < height)) continue;
      sourceX -= 0.5;
      sourceY -= 0.5;
      const wholeX = Math.floor(sourceX);
      const wholeY = Math.floor(sourceY);
      const shareX = sourceX - wholeX;
      const shareY = sourceY - wholeY;
      const left = wholeX < 0 ? 0 : wholeX * 3;
      const right = wholeX * 3 < lastColumn ? wholeX * 3 + 3 : lastColumn;
      const upper = wholeY < 0 ? 0 : wholeY * stride;
      const lower = wholeY * stride < lastRow ? wholeY * stride + stride : lastRow;
      const upperLeft = upper + left;
      const upperRight = upper + right;
      const lowerLeft = lower + left;
      const lowerRight = lower + right;
      for (let channel = 0; channel < 3; channel++) {
        const first = data[upperLeft + channel]!;
        const above = first + (data[upperRight + channel]! - first) * shareX;
        const second = data[lowerLeft + channel]!;
        const below = second + (data[lowerRight + channel]! - second) * shareX;
        result[at + channel] = above + (below - above) * shareY;
      }
    }
  }
  return { width, height, data: result };
}
