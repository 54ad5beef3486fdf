import { requireNames } from '@cppo/checked-options';

/** Bounds on the size of an image as the vision tower sees it. */
export interface SmartResizeOptions {
  /** Fewest pixels (height · width). */
  readonly minPixels: number;
  /** Most pixels (height · width). */
  readonly maxPixels: number;
  /** Both sides become multiples of it: patch size · merge size, 28 for Qwen2.5-VL. */
  readonly factor: number;
}

/** Longest over shortest side; exactly this much is still accepted. */
const maximumAspectRatio = 200;

/**
 * The size to which Qwen2.5-VL resizes an image: both sides multiples of `factor`, the number of
 * pixels within [minPixels, maxPixels], the aspect ratio kept as nearly as those two allow.
 *
 *   H = round(h/f)·f, round half to even
 *   H·W > max:  β = √(h·w/max),  H = max(f, ⌊h/β/f⌋·f)
 *   H·W < min:  β = √(min/(h·w)), H = ⌈h·β/f⌉·f          and likewise W
 *
 * Evaluated in doubles in this order, since a rounding boundary moves a side by a whole `factor`
 * (`smart_resize` in transformers 4.57 and 5.18, `models/qwen2_vl/image_processing_qwen2_vl.py`).
 *
 * @param height pixels.
 * @param width pixels.
 * @returns [height, width] in pixels.
 * @throws RangeError for an empty image, one side more than 200 times the other, or bounds that no size meets.
 */
export function smartResize(
  height: number,
  width: number,
  options: SmartResizeOptions,
): readonly [height: number, width: number] {
  requireNames('smartResize', options, { minPixels: true, maxPixels: true, factor: true });
  const { minPixels, maxPixels, factor } = options;
  if (!(Number.isInteger(height) && Number.isInteger(width) && height > 0 && width > 0)) {
    throw new RangeError(
      `smartResize: an image of ${width}×${height} pixels (width×height); both must be positive integers.`,
    );
  }
  const ratio = Math.max(height, width) / Math.min(height, width);
  if (ratio > maximumAspectRatio) {
    throw new RangeError(
      `smartResize: the longer side of an image of ${width}×${height} pixels (width×height) is ${+ratio.toFixed(2)} times ` +
        `the shorter; at most ${maximumAspectRatio} times is accepted, since beyond it one side would vanish.`,
    );
  }

  let resizedHeight = roundHalfToEven(height / factor) * factor;
  let resizedWidth = roundHalfToEven(width / factor) * factor;
  if (resizedHeight * resizedWidth > maxPixels) {
    const shrink = Math.sqrt((height * width) / maxPixels);
    resizedHeight = Math.max(factor, Math.floor(height / shrink / factor) * factor);
    resizedWidth = Math.max(factor, Math.floor(width / shrink / factor) * factor);
  } else if (resizedHeight * resizedWidth < minPixels) {
    const grow = Math.sqrt(minPixels / (height * width));
    resizedHeight = Math.ceil((height * grow) / factor) * factor;
    resizedWidth = Math.ceil((width * grow) / factor) * factor;
  }
  if (resizedHeight === 0 || resizedWidth === 0) {
    throw new RangeError(
      `smartResize: an image of ${width}×${height} pixels (width×height) rounds to ${resizedWidth}×${resizedHeight}; ` +
        `with minPixels ${minPixels} nothing enlarges it, so minPixels must be at least ${factor * factor}.`,
    );
  }
  return [resizedHeight, resizedWidth];
}

/** Python's `round`: 2.5 → 2, 3.5 → 4. `Math.round` would give 3 and 4. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
