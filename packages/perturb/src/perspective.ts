import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import { assertImage, type RgbImage } from './image.js';
import { drawnFrom } from './kernel/kernel.js';
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
 * Moves the image's corners inward to whole pixels, each independently, and warps the image; fills with
 * black.
 *
 * Follows torchvision's RandomPerspective (bilinear) on Pillow images for the same corners, except that up to
 * one value in a thousand differs by 1 level (single precision). Its tensor backend also blends the outermost
 * half pixel with black and rounds where Pillow truncates.
 *
 * @param options the largest distortion, the probability, or fixed corners in pixels.
 * @returns a perturbation.
 * @throws RangeError when an option is unknown or out of range, or three corners are in line.
 * @example
 * const image = { width: 2, height: 1, data: Uint8Array.of(1, 1, 1, 2, 2, 2) };
 * perspective({ probability: 0 })(image, seededRandom(1)).data; // [1, 1, 1, 2, 2, 2]
 */
export function perspective(options: PerspectiveOptions = {}): Perturbation {
  const { distortionScale, probability, corners } = parseOptions('perspective', perspectiveSchema, options);
  return (image, random) => {
    assertImage('perspective', image);
    if (random.next() >= probability) return image;
    const map = coefficients(image, corners ?? drawCorners(image, distortionScale, random));
    if (!map && corners) {
      throw new RangeError(
        `perspective: corners are ${JSON.stringify(corners)}; expected no three of them in line.`,
      );
    }
    // An image of a few pixels may have no room for four corners.
    if (!map) return image;
    return drawnFrom(image, 0, (kernel, source, target) =>
      kernel.warpPerspective(source, target, image.width, image.height, ...map),
    );
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

type Coefficients = readonly [number, number, number, number, number, number, number, number];

/**
 * The eight coefficients that take a pixel (x, y) of the result to its place in the source,
 * ((a·x + b·y + c) / (g·x + h·y + 1), (d·x + e·y + f) / (g·x + h·y + 1)).
 */
function coefficients({ width, height }: RgbImage, corners: Corners): Coefficients | undefined {
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
  // Single precision, as torchvision hands them to Pillow.
  return solution?.map(Math.fround) as unknown as Coefficients | undefined;
}
