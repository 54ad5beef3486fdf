import { requireNames } from '@cppo/checked-options';
import { type ImageSettings, parsePreprocessorConfig } from './preprocessor-config.js';
import { type BicubicArithmetic, resizeBicubic } from './resize-bicubic.js';
import type { RgbImage } from './rgb-image.js';
import { smartResize } from './smart-resize.js';

/** One image as the vision tower takes it. */
export interface PreparedImage {
  /** [N, channels·temporal·patch²] row-major, N = t·h·w patches; [N, 1176] for Qwen2.5-VL. */
  readonly pixels: Float32Array;
  /** [t, h, w] in patches; t is 1 for an image. The language model sees t·h·w / merge² tokens. */
  readonly grid: readonly [time: number, height: number, width: number];
}

export interface PrepareImageOptions {
  /**
   * Arithmetic of the resampling. Default: what transformers would use for this configuration, that is
   * `pillow` when `image_processor_type` ends in `Pil`, otherwise `torchvision`. Images whose sides
   * already are what `smartResize` asks for are the same either way.
   */
  readonly arithmetic?: BicubicArithmetic;
}

const channels = 3;

/**
 * Resizes, normalises and cuts an image into patches, equal to transformers 5.18's `Qwen2VLImageProcessor`.
 *
 *   pixels[row, col] = (v / 255 − mean_c) / std_c
 *   row = (((bh)·w/m + bw)·m + ih)·m + iw      so that m² consecutive rows are one merge unit
 *   col = ((c·T + τ)·p + py)·p + px            with the one frame repeated for every τ < T
 *   y = (m·bh + ih)·p + py,  x = (m·bw + iw)·p + px
 *
 * p is the patch size (14), m the merge size (2), T the temporal patch size (2).
 *
 * @param image              decoded image.
 * @param preprocessorConfig parsed `preprocessor_config.json`; missing keys take the class defaults of transformers.
 * @throws RangeError for an image that `smartResize` refuses, TypeError for a malformed configuration.
 */
export function prepareImage(
  image: RgbImage,
  preprocessorConfig: Readonly<Record<string, unknown>>,
  options: PrepareImageOptions = {},
): PreparedImage {
  requireNames('prepareImage', options, { arithmetic: true });
  const { arithmetic } = options;
  const config = parsePreprocessorConfig(preprocessorConfig);
  const { patchSize, mergeSize, temporalPatchSize } = config;
  const resized = resizedBy(config, image, arithmetic);
  const { width, height } = resized;
  const levels = normalizedLevels(config);

  const rows = height / patchSize;
  const columns = width / patchSize;
  const patchArea = patchSize * patchSize;
  const rowLength = channels * temporalPatchSize * patchArea;
  const pixels = new Float32Array(rows * columns * rowLength);
  let at = 0;
  for (let blockRow = 0; blockRow < rows; blockRow += mergeSize) {
    for (let blockColumn = 0; blockColumn < columns; blockColumn += mergeSize) {
      for (let unit = 0; unit < mergeSize * mergeSize; unit++) {
        const top = (blockRow + Math.floor(unit / mergeSize)) * patchSize;
        const left = (blockColumn + (unit % mergeSize)) * patchSize;
        for (let channel = 0; channel < channels; channel++) {
          const frame = at;
          for (let y = 0; y < patchSize; y++) {
            let from = ((top + y) * width + left) * channels + channel;
            for (let x = 0; x < patchSize; x++) {
              pixels[at++] = levels[channel * 256 + resized.data[from]!]!;
              from += channels;
            }
          }
          for (let repeat = 1; repeat < temporalPatchSize; repeat++) {
            pixels.copyWithin(at, frame, frame + patchArea);
            at += patchArea;
          }
        }
      }
    }
  }
  return { pixels, grid: [1, rows, columns] };
}

/**
 * The image in the size in which the model sees it; `prepareImage` leaves that size as it is.
 *
 * @throws as `prepareImage`.
 */
export function resizeImage(
  image: RgbImage,
  preprocessorConfig: Readonly<Record<string, unknown>>,
  options: PrepareImageOptions = {},
): RgbImage {
  requireNames('resizeImage', options, { arithmetic: true });
  return resizedBy(parsePreprocessorConfig(preprocessorConfig), image, options.arithmetic);
}

function resizedBy(
  config: ImageSettings,
  image: RgbImage,
  arithmetic: BicubicArithmetic = config.arithmetic,
): RgbImage {
  const { minPixels, maxPixels } = config;
  const factor = config.patchSize * config.mergeSize;
  const [height, width] = config.resize
    ? smartResize(image.height, image.width, { minPixels, maxPixels, factor })
    : [image.height, image.width];
  if (height % factor !== 0 || width % factor !== 0) {
    throw new RangeError(
      `prepareImage: an image of ${width}×${height} pixels (width×height) with do_resize false; ` +
        `expected both sides to be multiples of ${factor} (patch_size · merge_size).`,
    );
  }
  return resizeBicubic(image, width, height, { arithmetic });
}

/**
 * The value of every byte in every channel: [3 · 256]. Rescaling is folded into mean and deviation in
 * float32, in the order in which transformers rounds, which gives its very bits.
 */
function normalizedLevels(config: ReturnType<typeof parsePreprocessorConfig>): Float32Array {
  const { rescale, rescaleFactor, normalize, mean, deviation } = config;
  const levels = new Float32Array(channels * 256);
  const round = Math.fround;
  const inverse = rescale ? round(1 / rescaleFactor) : 1;
  for (let channel = 0; channel < channels; channel++) {
    const center = round(round(mean[channel]!) * inverse);
    const spread = round(round(deviation[channel]!) * inverse);
    for (let value = 0; value < 256; value++) {
      levels[channel * 256 + value] = normalize
        ? round(value - center) / spread
        : rescale
          ? value * round(rescaleFactor)
          : value;
    }
  }
  return levels;
}
