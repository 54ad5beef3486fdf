import { z } from 'zod';
import { assertImage, type RgbImage } from './image.js';
import { draw, parseOptions, type Range, rangeWithin } from './options.js';
import type { Perturbation } from './perturbation.js';
import { wholeNumber } from './random.js';

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
 * A window at a random place, enlarged to the size of the image, bilinearly.
 *
 * As the CPPO authors' RandomZoomCrop. The enlargement is Pillow's, byte for byte; when enlarging, its antialiasing
 * does nothing, so torchvision's tensor resize agrees but for rounding.
 *
 * @throws TypeError when an option is not what `ZoomCropOptions` says; RangeError when the window leaves the image.
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

function drawWindow(image: RgbImage, scale: number, random: { next(): number; bits(): number }): Window {
  const width = Math.max(1, Math.floor(image.width * scale));
  const height = Math.max(1, Math.floor(image.height * scale));
  return {
    left: wholeNumber(random, 0, image.width - width),
    top: wholeNumber(random, 0, image.height - height),
    width,
    height,
  };
}

/** Columns first, then rows, with 22-bit weights and 8-bit values between, as Pillow resizes. */
function enlarge(image: RgbImage, window: Window): RgbImage {
  const { width, height, data } = image;
  const columns = taps(window.width, width);
  const rows = taps(window.height, height);
  const stride = width * 3;

  const wide = new Uint8Array(stride * window.height);
  for (let row = 0, at = 0; row < window.height; row++) {
    const offset = ((window.top + row) * width + window.left) * 3;
    for (let column = 0; column < width; column++, at += 3) {
      const first = offset + columns.first[column]! * 3;
      const second = offset + columns.second[column]! * 3;
      const near = columns.firstWeight[column]!;
      const far = columns.secondWeight[column]!;
      wide[at] = (Math.imul(data[first]!, near) + Math.imul(data[second]!, far) + half) >> 22;
      wide[at + 1] = (Math.imul(data[first + 1]!, near) + Math.imul(data[second + 1]!, far) + half) >> 22;
      wide[at + 2] = (Math.imul(data[first + 2]!, near) + Math.imul(data[second + 2]!, far) + half) >> 22;
    }
  }

  const result = new Uint8Array(data.length);
  for (let row = 0, at = 0; row < height; row++) {
    const near = rows.firstWeight[row]!;
    const far = rows.secondWeight[row]!;
    let first = rows.first[row]! * stride;
    let second = rows.second[row]! * stride;
    for (const end = at + stride; at < end; at++, first++, second++) {
      result[at] = (Math.imul(wide[first]!, near) + Math.imul(wide[second]!, far) + half) >> 22;
    }
  }
  return { width, height, data: result };
}

const unit = 1 << 22;
const half = 1 << 21;

interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly firstWeight: Int32Array;
  readonly secondWeight: Int32Array;
}

/** The two source positions each position of the larger result lies between, and their weights in 2⁻²². */
function taps(from: number, to: number): Taps {
  const scale = from / to;
  const first = new Int32Array(to);
  const second = new Int32Array(to);
  const firstWeight = new Int32Array(to);
  const secondWeight = new Int32Array(to);
  for (let at = 0; at < to; at++) {
    const center = (at + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - 0.5));
    const end = Math.min(from, Math.trunc(center + 1.5));
    const near = Math.max(0, 1 - Math.abs(start - center + 0.5));
    const far = end - start > 1 ? Math.max(0, 1 - Math.abs(start + 1 - center + 0.5)) : 0;
    first[at] = start;
    second[at] = Math.min(start + 1, from - 1);
    firstWeight[at] = Math.trunc(0.5 + (near / (near + far)) * unit);
    secondWeight[at] = Math.trunc(0.5 + (far / (near + far)) * unit);
  }
  return { first, second, firstWeight, secondWeight };
}
