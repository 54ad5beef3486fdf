/** An 8-bit colour image: interleaved R, G, B, row by row from the top left. */
export interface RgbImage {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** width · height · 3 bytes. */
  readonly data: Uint8Array;
}

/** Sides that 16.16 fixed-point addresses can reach. */
const maxSide = 65_535;

/** @throws RangeError naming `caller` when the sides and the bytes disagree. */
export function assertImage(caller: string, image: RgbImage): void {
  const { width, height, data } = image;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new RangeError(`${caller}: image is ${width}×${height}; expected whole sides of at least 1 pixel.`);
  }
  if (width > maxSide || height > maxSide) {
    throw new RangeError(`${caller}: image is ${width}×${height}; sides up to ${maxSide} are supported.`);
  }
  if (data.length !== width * height * 3) {
    throw new RangeError(
      `${caller}: image is ${width}×${height} with ${data.length} bytes; expected ${width * height * 3} (RGB).`,
    );
  }
}
