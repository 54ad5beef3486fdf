import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import type { RgbImage } from '../image.js';

export interface TorchvisionFixture {
  readonly images: readonly { readonly width: number; readonly height: number; readonly data: string }[];
  readonly cases: readonly {
    readonly name: string;
    readonly image: number;
    readonly options: Record<string, unknown>;
    readonly pil: string;
    readonly tensor?: string;
  }[];
}

export interface ImageFileFixture {
  readonly files: readonly {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly file: string;
    readonly pixels: string;
    readonly onWhite?: string;
  }[];
}

export function readFixture<Fixture>(name: string): Fixture {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
}

export function unpacked(pixels: string): Uint8Array {
  return new Uint8Array(inflateSync(Buffer.from(pixels, 'base64')));
}

export function unpackedImage(image: TorchvisionFixture['images'][number]): RgbImage {
  return { width: image.width, height: image.height, data: unpacked(image.data) };
}

/** Largest difference of two equally long images, in levels of 255. */
export function largestDifference(left: Uint8Array, right: Uint8Array): number {
  if (left.length !== right.length) return Number.POSITIVE_INFINITY;
  return left.reduce((largest, value, at) => Math.max(largest, Math.abs(value - right[at]!)), 0);
}
