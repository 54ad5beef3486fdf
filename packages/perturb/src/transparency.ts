import type { RgbImage } from './image.js';

/** Pixels with four bytes each: R, G, B, A. */
type WithAlpha = RgbImage;

/** The image on a ground of one colour; without a colour its transparency is left out. */
export function laidOn(
  { width, height, data }: WithAlpha,
  colour: readonly [number, number, number] | undefined,
): RgbImage {
  const result = new Uint8Array(width * height * 3);
  for (let from = 0, at = 0; at < result.length; from += 4, at += 3) {
    const opacity = colour === undefined ? 255 : data[from + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      const sum = data[from + channel]! * opacity + (colour?.[channel] ?? 0) * (255 - opacity) + 128;
      result[at + channel] = ((sum >> 8) + sum) >> 8;
    }
  }
  return { width, height, data: result };
}

/** Colours whose bytes differ by less than this look alike. */
const alike = 16;
/** Pixels in which an outline may fade. */
const fading = 8;

/**
 * The share of the outline between drawn and clear pixels whose two sides look alike. Drawn is what is nearly as opaque as
 * the image is anywhere, clear what is nearly transparent.
 *
 * @param seen the image without transparency, as it is shown.
 * @param data [height · width · 4] the image with it.
 */
export function hiddenOutline({ width, height, data: seen }: RgbImage, data: Uint8Array): number {
  let most = 0;
  for (let at = 3; at < data.length; at += 4) most = Math.max(most, data[at]!);
  let outline = 0;
  let hidden = 0;
  const compare = (drawn: number, clear: number): void => {
    outline++;
    for (let channel = 0; channel < 3; channel++) {
      if (Math.abs(seen[3 * drawn + channel]! - seen[3 * clear + channel]!) >= alike) return;
    }
    hidden++;
  };
  /** Looks at `count` pixels, each `step` further on. */
  const walk = (first: number, step: number, count: number): void => {
    let last = first;
    let lastDrawn: boolean | undefined;
    for (let i = 0, at = first; i < count; i++, at += step) {
      const opacity = data[4 * at + 3]!;
      const drawn = opacity >= 0.75 * most ? true : opacity <= 0.125 * most ? false : undefined;
      if (drawn === undefined) continue;
      if (lastDrawn !== undefined && drawn !== lastDrawn && at - last <= fading * step) compare(last, at);
      last = at;
      lastDrawn = drawn;
    }
  };
  for (let y = 0; y < height; y++) walk(y * width, 1, width);
  for (let x = 0; x < width; x++) walk(x, width, height);
  return outline === 0 ? 0 : hidden / outline;
}
