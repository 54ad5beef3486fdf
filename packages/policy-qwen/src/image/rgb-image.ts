/** A decoded image: interleaved RGB, row-major, `data.length = width · height · 3`. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
