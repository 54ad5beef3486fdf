/*
 * The only file that touches sharp, and only when called: the rest of the package runs in a browser,
 * where a canvas decodes images.
 */
import { requireNames } from '@cppo/checked-options';
import type { Metadata, Sharp, SharpOptions } from 'sharp';
import { assertImage, type RgbImage } from './image.js';

export interface DecodeOptions {
  /**
   * What becomes of transparency. 'drop' shows the colours that lie beneath it, as transformers' `convert("RGB")`
   * does (and the CPPO authors with it); beware of diagrams whose transparent pixels hide black.
   * 'white' lays the image on white, as qwen-vl-utils does. Default 'drop'.
   */
  readonly alpha?: 'drop' | 'white';
  /** Larger images are refused before they are unpacked. Default 178 956 970, Pillow's limit. */
  readonly maxPixels?: number;
  /** What to call the image in errors. Default 'image'. */
  readonly name?: string;
}

/** Formats whose decoders need no network, no fonts and no script. */
const formats: readonly string[] = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif', 'avif'];

/**
 * The pixels of an encoded image (JPEG, PNG, WebP, GIF, TIFF, AVIF), turned upright by its EXIF orientation.
 *
 * Byte for byte what Pillow's `ImageOps.exif_transpose(image).convert("RGB")` gives, for grey, palette, 1-bit, CMYK,
 * 16-bit colour and animated files (first frame) too, with colour profiles ignored. Deliberately different: 16-bit grey
 * keeps its high byte, where Pillow clips all above 255 to white; AVIF may differ where chroma is subsampled.
 *
 * @throws RangeError when the image is larger than `maxPixels`; Error naming the image when it is not one, is cut off or broken.
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<RgbImage> {
  requireNames('decodeImage', options, { alpha: true, maxPixels: true, name: true });
  const { alpha = 'drop', maxPixels = 178_956_970, name = 'image' } = options;
  const sharp = await loadSharp('decodeImage');
  const input: SharpOptions = { failOn: 'error', ignoreIcc: true, limitInputPixels: maxPixels };

  let metadata: Metadata;
  try {
    metadata = await sharp(bytes, { ...input, limitInputPixels: false }).metadata();
  } catch (cause) {
    throw new Error(`decodeImage: ${name} (${bytes.length} bytes) is not an image: ${reason(cause)}.`, {
      cause,
    });
  }
  if (!formats.includes(metadata.format)) {
    throw new Error(`decodeImage: ${name} is ${metadata.format}; expected one of ${formats.join(', ')}.`);
  }
  if (metadata.width * metadata.height > maxPixels) {
    throw new RangeError(
      `decodeImage: ${name} is ${metadata.width}×${metadata.height}; expected at most ${maxPixels} pixels.`,
    );
  }

  try {
    const upright = sharp(bytes, input).autoOrient();
    if (metadata.space === 'cmyk') {
      return fromCmyk(await pixels(upright.pipelineColourspace('cmyk').toColourspace('cmyk')));
    }
    if (alpha === 'white' && metadata.hasAlpha) {
      return onWhite(await pixels(upright.ensureAlpha().toColourspace('srgb')));
    }
    return await pixels(upright.removeAlpha().toColourspace('srgb'));
  } catch (cause) {
    throw new Error(`decodeImage: ${name} (${metadata.format}) is broken: ${reason(cause)}.`, { cause });
  }
}

/** The image as a PNG file; lossless. */
export async function encodePng(image: RgbImage): Promise<Uint8Array> {
  return encode('encodePng', image, (pipeline) => pipeline.png());
}

/**
 * The image as a JPEG file.
 *
 * @param options.quality 1 to 100. Default 90.
 */
export async function encodeJpeg(
  image: RgbImage,
  options: { readonly quality?: number } = {},
): Promise<Uint8Array> {
  return encode('encodeJpeg', image, (pipeline) => pipeline.jpeg({ quality: options.quality ?? 90 }));
}

async function encode(
  caller: string,
  image: RgbImage,
  format: (pipeline: Sharp) => Sharp,
): Promise<Uint8Array> {
  assertImage(caller, image);
  const sharp = await loadSharp(caller);
  const { width, height, data } = image;
  const buffer = await format(sharp(data, { raw: { width, height, channels: 3 } })).toBuffer();
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

async function loadSharp(caller: string): Promise<typeof import('sharp').default> {
  // A name that is not a literal keeps bundlers for the browser from following it.
  const packageName = 'sharp';
  try {
    const loaded: typeof import('sharp') = await import(
      /* @vite-ignore */ /* webpackIgnore: true */ packageName
    );
    return loaded.default;
  } catch (cause) {
    throw new Error(
      `${caller}: the npm package sharp did not load (${reason(cause)}); in a browser use a canvas instead.`,
      { cause },
    );
  }
}

async function pixels(pipeline: Sharp): Promise<RgbImage> {
  const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    data: new Uint8Array(data.buffer, data.byteOffset, data.length),
  };
}

/** Pillow's conversion, without a colour profile: R = (255 − K)·(255 − C) / 255. */
function fromCmyk({ width, height, data }: RgbImage): RgbImage {
  const result = new Uint8Array(width * height * 3);
  for (let from = 0, at = 0; at < result.length; from += 4, at += 3) {
    const light = 255 - data[from + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      result[at + channel] = Math.max(0, light - shareOf(data[from + channel]!, light));
    }
  }
  return { width, height, data: result };
}

function onWhite({ width, height, data }: RgbImage): RgbImage {
  const result = new Uint8Array(width * height * 3);
  for (let from = 0, at = 0; at < result.length; from += 4, at += 3) {
    const opacity = data[from + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      const sum = data[from + channel]! * opacity + 255 * (255 - opacity) + 128;
      result[at + channel] = ((sum >> 8) + sum) >> 8;
    }
  }
  return { width, height, data: result };
}

/** value · share / 255, rounded, in integers. */
function shareOf(value: number, share: number): number {
  const product = value * share + 128;
  return ((product >> 8) + product) >> 8;
}

function reason(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.split('\n')[0]!.replace(/\.$/, '');
}
