import { decodeImage, encodePng, type RgbImage } from '@cppo/perturb';
import type { PictureCodec } from '../contract/codec.js';
import type { Encoded, PromptEncoder } from '../contract/policy.js';
import type { PictureSettings } from '../contract/showing.js';

/** Pictures by sharp, which is loaded when the first is read. */
export const sharpCodec: PictureCodec = { decode: decodeImage, encodePng };

/**
 * Translates the settings of pictures into options of `decodeImage`.
 *
 * @param settings `background`.
 * @returns the options.
 */
export function decoding({ background }: PictureSettings): { alpha: string } {
  return { alpha: background === undefined || background === 'auto' ? 'drop' : background };
}

/**
 * Resizes a picture to the bounds of a run, so that views are drawn of what the model sees and cost no more.
 *
 * @param encoder knows the model's sizes.
 * @param image RGB pixels.
 * @param settings bounds in pixels.
 * @returns the picture that the model sees.
 */
export function bounded<P extends Encoded>(
  encoder: Pick<PromptEncoder<P>, 'resize'>,
  image: RgbImage,
  { minPixels, maxPixels }: PictureSettings,
): RgbImage {
  if (minPixels === undefined && maxPixels === undefined) return image;
  return encoder.resize?.(image, { minPixels, maxPixels }) ?? image;
}

/**
 * Encodes a picture as a `data:` address for a page.
 *
 * @param image RGB pixels.
 * @param codec encodes; sharp by default.
 * @returns the address.
 */
export async function asDataUrl(image: RgbImage, codec = sharpCodec): Promise<string> {
  return `data:image/png;base64,${base64(await codec.encodePng(image))}`;
}

/** In parts, since the arguments of a call are limited; of three bytes each, so that none is padded. */
function base64(bytes: Uint8Array): string {
  const part = 3 * 2 ** 12;
  let text = '';
  for (let start = 0; start < bytes.length; start += part) {
    text += btoa(String.fromCharCode(...bytes.subarray(start, start + part)));
  }
  return text;
}
