/*
 * The only file that touches sharp, and only when called: the rest of the package runs in a browser,
 * where a canvas decodes images.
 */
import { parseOptions, requireNames } from '@cppo/checked-options';
import type { Metadata, Sharp, SharpOptions } from 'sharp';
import { z } from 'zod';
import { bmpSize, decodeBmp, isBmp } from './bmp.js';
import { assertImage, type RgbImage } from './image.js';
import { hiddenOutline, laidOn } from './transparency.js';

export interface DecodeOptions {
  /**
   * What becomes of transparency. 'drop' shows the colours that lie beneath it, as transformers' `convert("RGB")`
   * does (and the CPPO authors with it); beware of diagrams whose transparent pixels hide black.
   * 'white' lays the image on white, as qwen-vl-utils does; 'black' and '#rrggbb' on these. Default 'drop'.
   */
  readonly alpha?: string;
  /** Larger images are refused before they are unpacked. Default 178 956 970, Pillow's limit. */
  readonly maxPixels?: number;
  /** What to call the image in errors. Default 'image'. */
  readonly name?: string;
}

/** Formats whose decoders need no network, no fonts and no script. */
const formats: readonly string[] = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif', 'bmp'];

/**
 * Decodes an image (JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF) and turns it upright by its EXIF orientation.
 *
 * Byte for byte what Pillow's `ImageOps.exif_transpose(image).convert("RGB")` gives, also for grey, palette,
 * 1-bit, CMYK, 16-bit colour and animated files (first frame), with colour profiles ignored. Deliberately
 * different: 16-bit grey keeps its high byte, where Pillow clips all above 255 to white; AVIF may differ
 * where chroma is subsampled.
 *
 * @param bytes an encoded image.
 * @param options how transparency is flattened, and the largest accepted size in pixels.
 * @returns the pixels.
 * @throws RangeError when the image is larger than `maxPixels`; Error when it is no image, truncated or
 *   broken.
 * @example
 * const image = { width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
 * (await decodeImage(await encodePng(image))).data; // [1, 2, 3, 4, 5, 6]
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<RgbImage> {
  return (await decode('decodeImage', bytes, options, false)).image;
}

/**
 * Decodes an image as `decodeImage` does, and measures how much of its drawing is lost with its transparency.
 *
 * The measure is the share of the outline between opaque and transparent pixels that becomes invisible. A
 * black drawing whose transparent pixels are black beneath gives 1; the same on white gives 0.
 *
 * @param bytes an encoded image.
 * @param options how transparency is flattened, and the largest accepted size.
 * @returns the pixels, and the hidden share in [0, 1]; 0 for an image without transparency.
 * @throws as `decodeImage`.
 * @example
 * const image = { width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
 * (await decodeAndCompare(await encodePng(image))).hidden; // 0
 */
export async function decodeAndCompare(
  bytes: Uint8Array,
  options: DecodeOptions = {},
): Promise<{ readonly image: RgbImage; readonly hidden: number }> {
  return decode('decodeAndCompare', bytes, options, true);
}

async function decode(
  caller: string,
  bytes: Uint8Array,
  options: DecodeOptions,
  compare: boolean,
): Promise<{ readonly image: RgbImage; readonly hidden: number }> {
  requireNames(caller, options, { alpha: true, maxPixels: true, name: true });
  const { alpha = 'drop', maxPixels = 178_956_970, name = 'image' } = options;
  const colour = colourOf(alpha);
  const withAlpha = ({ width, height, data }: RgbImage) => {
    const image = laidOn({ width, height, data }, colour);
    return { image, hidden: compare ? hiddenOutline(image, data) : 0 };
  };
  if (isBmp(bytes)) {
    try {
      const size = bmpSize(bytes);
      refuseLarge(name, size, maxPixels);
      const { hasAlpha, ...image } = decodeBmp(bytes);
      return hasAlpha ? withAlpha(image) : { image: laidOn(image, undefined), hidden: 0 };
    } catch (cause) {
      if ((cause as Error).message.startsWith('decodeImage: ')) throw cause;
      throw new Error(`decodeImage: ${name} (bmp) is broken: ${reason(cause)}.`, { cause });
    }
  }
  const sharp = await loadSharp('decodeImage');
  const input: SharpOptions = { failOn: 'error', ignoreIcc: true, limitInputPixels: maxPixels };

  let metadata: Metadata;
  try {
    metadata = await sharp(bytes, { ...input, limitInputPixels: false }).metadata();
  } catch (cause) {
    if (isGitLfsPointer(bytes)) {
      throw new Error(
        `decodeImage: ${name} is a pointer of Git LFS, not the image itself; run "git lfs pull" where it was cloned.`,
      );
    }
    throw new Error(`decodeImage: ${name} (${bytes.length} bytes) is not an image: ${reason(cause)}.`, {
      cause,
    });
  }
  // libvips calls AVIF heif; what else that holds its prebuilt library does not decode.
  if (
    !formats.includes(
      metadata.format === 'heif' ? (metadata.compression === 'av1' ? 'avif' : 'heif') : metadata.format,
    )
  ) {
    throw new Error(`decodeImage: ${name} is ${metadata.format}; expected one of ${formats.join(', ')}.`);
  }
  refuseLarge(name, metadata, maxPixels);

  try {
    const upright = sharp(bytes, input).autoOrient();
    if (metadata.space === 'cmyk') {
      const image = fromCmyk(await pixels(upright.pipelineColourspace('cmyk').toColourspace('cmyk')));
      return { image, hidden: 0 };
    }
    if (metadata.hasAlpha && (compare || colour !== undefined)) {
      const seen = withAlpha(await pixels(upright.ensureAlpha().toColourspace('srgb')));
      if (colour !== undefined) return seen;
      return {
        ...seen,
        image: await pixels(sharp(bytes, input).autoOrient().removeAlpha().toColourspace('srgb')),
      };
    }
    return { image: await pixels(upright.removeAlpha().toColourspace('srgb')), hidden: 0 };
  } catch (cause) {
    throw new Error(`decodeImage: ${name} (${metadata.format}) is broken: ${reason(cause)}.`, { cause });
  }
}

/** What Git puts in the place of a large file (git-lfs/docs/spec.md). */
function isGitLfsPointer(bytes: Uint8Array): boolean {
  const beginning = 'version https://git-lfs.github.com/spec/';
  return new TextDecoder('latin1').decode(bytes.subarray(0, beginning.length)) === beginning;
}

function refuseLarge(
  name: string,
  { width, height }: { readonly width: number; readonly height: number },
  maxPixels: number,
): void {
  if (width * height <= maxPixels) return;
  throw new RangeError(`decodeImage: ${name} is ${width}×${height}; expected at most ${maxPixels} pixels.`);
}

const colours: Readonly<Record<string, string>> = { white: '#ffffff', black: '#000000' };

/** The bytes of a colour; nothing where transparency is dropped. */
function colourOf(alpha: string): readonly [number, number, number] | undefined {
  if (alpha === 'drop') return undefined;
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colours[alpha] ?? alpha);
  if (hex) return [1, 2, 3].map((at) => Number.parseInt(hex[at]!, 16)) as [number, number, number];
  throw new RangeError(
    `decodeImage: alpha is ${JSON.stringify(alpha)}; expected drop, white, black or #rrggbb.`,
  );
}

/**
 * Encodes an image as PNG, without loss.
 *
 * @param image RGB pixels.
 * @returns the bytes of the file.
 * @throws RangeError when sides and bytes disagree.
 * @example
 * const image = { width: 1, height: 1, data: Uint8Array.of(255, 255, 255) };
 * (await encodePng(image)).subarray(0, 4); // [137, 80, 78, 71]
 */
export async function encodePng(image: RgbImage): Promise<Uint8Array> {
  return encode('encodePng', image, (pipeline) => pipeline.png());
}

const jpegOptions = z.strictObject({ quality: z.int().min(1).max(100).default(90) });

/**
 * Encodes an image as JPEG.
 *
 * @param image RGB pixels.
 * @param options `quality`, 1 to 100; 90 by default.
 * @returns the bytes of the file.
 * @throws RangeError when an option is unknown or out of range.
 * @example
 * const image = { width: 1, height: 1, data: Uint8Array.of(255, 255, 255) };
 * (await encodeJpeg(image)).subarray(0, 3); // [255, 216, 255]
 */
export async function encodeJpeg(
  image: RgbImage,
  options: { readonly quality?: number } = {},
): Promise<Uint8Array> {
  const { quality } = parseOptions('encodeJpeg', jpegOptions, options);
  return encode('encodeJpeg', image, (pipeline) => pipeline.jpeg({ quality }));
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

/** value · share / 255, rounded, in integers. */
function shareOf(value: number, share: number): number {
  const product = value * share + 128;
  return ((product >> 8) + product) >> 8;
}

function reason(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.split('\n')[0]!.replace(/\.$/, '');
}
