import { imageSize } from 'image-size';
import { isGitLfsPointer } from '../git-lfs.js';

export interface ImageHeader {
  /** Pixels, as stored (EXIF orientation not applied). */
  readonly width: number;
  readonly height: number;
  /** `png`, `jpg`, `webp`, … */
  readonly format: string;
}

/** What decoders of pictures commonly read; the library knows headers of many more files. */
const formats: readonly string[] = ['png', 'jpg', 'webp', 'gif', 'bmp', 'tiff', 'avif'];

/**
 * Reads a picture's size from its header without decoding it.
 *
 * @param bytes an encoded picture.
 * @returns its size in pixels, as stored, and its format.
 * @throws TypeError when the bytes are no picture.
 * @example
 * // The first 24 bytes of a PNG file of 3 × 2 pixels.
 * const hex = '89504e470d0a1a0a0000000d494844520000000300000002';
 * const bytes = Uint8Array.from(hex.match(/../g), (pair) => Number.parseInt(pair, 16));
 * readImageHeader(bytes); // { width: 3, height: 2, format: 'png' }
 */
export function readImageHeader(bytes: Uint8Array): ImageHeader {
  try {
    const { width, height, type } = imageSize(bytes);
    if (width > 0 && height > 0 && formats.includes(type ?? '')) return { width, height, format: type! };
  } catch {
    // The library's own words vary with the format; the sentence below says the same for all.
  }
  if (isGitLfsPointer(bytes)) {
    throw new TypeError(
      'readImageHeader: found a pointer of Git LFS; expected the picture itself (git lfs pull)',
    );
  }
  const start = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw new TypeError(
    `readImageHeader: found ${bytes.length} bytes${start && ` that start with ${start}`}; expected a PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF file`,
  );
}

/**
 * Whether an encoded picture stops before its end marker; only PNG and JPEG have one.
 *
 * @param tail the last bytes of the file, 64 kB or all of it.
 */
export function isCutOff(format: string, tail: Uint8Array): boolean {
  const bytes = Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength);
  if (format === 'png') return !bytes.includes('IEND', 0, 'latin1');
  if (format === 'jpg') return !bytes.includes(Buffer.from([0xff, 0xd9]));
  return false;
}
