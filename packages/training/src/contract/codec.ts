import type { RgbImage } from '@cppo/perturb';

/** How picture files are read and written. Node does both by sharp; a browser has a canvas. */
export interface PictureCodec {
  /** @param options `alpha` is what replaces transparency; see `decodeImage` of `@cppo/perturb`. */
  decode(bytes: Uint8Array, options: { readonly alpha: string }): Promise<RgbImage>;
  encodePng(image: RgbImage): Promise<Uint8Array>;
}
