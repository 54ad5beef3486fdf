import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import { assertImage, type RgbImage } from './image.js';
import { drawnFrom } from './kernel/kernel.js';
import { draw, type Range, rangeWithin } from './options.js';
import type { Perturbation } from './perturbation.js';
import { type Random, wholeNumber } from './random.js';

/** A part of an image, in whole pixels. */
export interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface ZoomCropOptions {
  /** The window's width and height as a share of the image's; one draw for both. Default [0.6, 0.7]. */
  readonly scale?: Range;
  /** A fixed window instead of a draw. */
  readonly window?: Window;
}

export const zoomCropSchema = z.strictObject({
  scale: rangeWithin(0.001, 1).default([0.6, 0.7]),
  window: z
    .strictObject({
      left: z.number().int().min(0),
      top: z.number().int().min(0),
      width: z.number().int().min(1),
      height: z.number().int().min(1),
    })
    .optional(),
});

/**
 * Enlarges a window at a random place to the size of the image, bilinearly.
 *
 * Follows the CPPO authors' RandomZoomCrop. The enlargement is Pillow's, byte for byte; torchvision's tensor
 * resize agrees up to rounding, since its antialiasing does nothing when enlarging.
 *
 * @param options the window's share of each side, or a fixed window in pixels.
 * @returns a perturbation.
 * @throws RangeError when an option is unknown or out of range, or the window leaves the image.
 * @example
 * const image = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 100, 50, 10) };
 * const window = { left: 1, top: 0, width: 1, height: 1 };
 * zoomCrop({ window })(image, seededRandom(1)).data; // [100, 50, 10, 100, 50, 10]
 */
export function zoomCrop(options: ZoomCropOptions = {}): Perturbation {
  const { scale, window } = parseOptions('zoomCrop', zoomCropSchema, options);
  return (image, random) => {
    assertImage('zoomCrop', image);
    if (window && (window.left + window.width > image.width || window.top + window.height > image.height)) {
      throw new RangeError(
        `zoomCrop: window is ${window.width}×${window.height} at (${window.left}, ${window.top}); ` +
          `expected it inside the image of ${image.width}×${image.height}.`,
      );
    }
    return enlarge(image, window ?? drawWindow(image, draw(random, scale), random));
  };
}

function drawWindow(image: RgbImage, scale: number, random: Random): Window {
  const width = Math.max(1, Math.floor(image.width * scale));
  const height = Math.max(1, Math.floor(image.height * scale));
  return {
    left: wholeNumber(random, 0, image.width - width),
    top: wholeNumber(random, 0, image.height - height),
    width,
    height,
  };
}

function enlarge(image: RgbImage, { left, top, width, height }: Window): RgbImage {
  const scratch = 8 * Math.max(image.width, image.height) + image.width * (height + 1) * 3;
  return drawnFrom(image, scratch, (kernel, source, target, tables) =>
    kernel.enlarge(source, target, tables, image.width, image.height, left, top, width, height),
  );
}
