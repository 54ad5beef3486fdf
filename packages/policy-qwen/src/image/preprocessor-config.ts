import { z } from 'zod';
import type { BicubicArithmetic } from './resize-bicubic.js';

/** How images are prepared, read from a model's `preprocessor_config.json`. */
export interface ImageSettings {
  readonly minPixels: number;
  readonly maxPixels: number;
  readonly patchSize: number;
  readonly mergeSize: number;
  readonly temporalPatchSize: number;
  readonly resize: boolean;
  readonly rescale: boolean;
  readonly rescaleFactor: number;
  readonly normalize: boolean;
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
  readonly arithmetic: BicubicArithmetic;
}

const count = z.int().positive();
const perChannel = z.tuple([z.number(), z.number(), z.number()]);
const bicubic = 3;
const expectedSize = 'expected shortest_edge and longest_edge, which are numbers of pixels';
const processors = /^Qwen2(_5)?(_)?VLImageProcessor(Fast|Pil)?$/;

// Defaults are those of transformers' Qwen2VLImageProcessor class. `null` is how it writes "not set".
const schema = z.object({
  do_resize: z.boolean().nullish(),
  do_rescale: z.boolean().nullish(),
  do_normalize: z.boolean().nullish(),
  min_pixels: count.nullish(),
  max_pixels: count.nullish(),
  size: z
    .strictObject(
      {
        shortest_edge: count.nullish(),
        longest_edge: count.nullish(),
        // Written beside the keys of the same name above, which replace them.
        min_pixels: count.nullish(),
        max_pixels: count.nullish(),
      },
      { error: expectedSize },
    )
    .nullish(),
  patch_size: count.nullish(),
  merge_size: count.nullish(),
  temporal_patch_size: count.nullish(),
  rescale_factor: z.number().positive().nullish(),
  image_mean: perChannel.nullish(),
  image_std: perChannel.nullish(),
  resample: z.literal(bicubic, { error: 'expected 3 (bicubic)' }).nullish(),
  image_processor_type: z
    .string()
    .regex(processors, { error: 'expected Qwen2VLImageProcessor, Qwen2VLImageProcessorFast or …Pil' })
    .nullish(),
});

/** Bounds on the pixels (height · width) of an image as the model sees it. */
export interface PixelBounds {
  readonly minPixels?: number | undefined;
  readonly maxPixels?: number | undefined;
}

/**
 * A `preprocessor_config.json` with other bounds, as transformers takes `min_pixels` and `max_pixels` of a call. A bound that
 * is left as it was gives way to the other.
 */
export function withPixels(
  json: Readonly<Record<string, unknown>>,
  { minPixels, maxPixels }: PixelBounds = {},
): Readonly<Record<string, unknown>> {
  if (minPixels === undefined && maxPixels === undefined) return json;
  const own = parsePreprocessorConfig(json);
  const most = maxPixels ?? Math.max(own.maxPixels, minPixels ?? 0);
  return { ...json, min_pixels: minPixels ?? Math.min(own.minPixels, most), max_pixels: most };
}

/**
 * Reads `preprocessor_config.json`.
 *
 * The pixel counts are taken from `min_pixels` and `max_pixels`, else from `size.shortest_edge` and
 * `size.longest_edge` (which despite their names are pixel counts), else from the defaults of the class. As in transformers
 * a `size` that lacks one of them, or has other keys such as `height`, is refused.
 *
 * @throws TypeError naming the key, what was found and what is expected.
 */
export function parsePreprocessorConfig(json: Readonly<Record<string, unknown>>): ImageSettings {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const key = issue.path.join('.');
    const found = issue.path.reduce<unknown>(
      (value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part],
      json,
    );
    throw new TypeError(
      `parsePreprocessorConfig: "${key}" in preprocessor_config.json is ${JSON.stringify(found)}: ${issue.message}.`,
    );
  }
  const config = parsed.data;
  // A size replaces that of the class as a whole; min_pixels and max_pixels then replace its parts.
  const size = config.size ?? { shortest_edge: 56 * 56, longest_edge: 28 * 28 * 1280 };
  const minPixels = config.min_pixels ?? size.shortest_edge;
  const maxPixels = config.max_pixels ?? size.longest_edge;
  if (minPixels == null || maxPixels == null) {
    throw new TypeError(
      `parsePreprocessorConfig: "size" in preprocessor_config.json is ${JSON.stringify(json.size)}: ${expectedSize} (or min_pixels and max_pixels beside it).`,
    );
  }
  if (minPixels > maxPixels) {
    throw new TypeError(
      `parsePreprocessorConfig: min_pixels (${minPixels}) exceeds max_pixels (${maxPixels}) in preprocessor_config.json.`,
    );
  }
  return {
    minPixels,
    maxPixels,
    patchSize: config.patch_size ?? 14,
    mergeSize: config.merge_size ?? 2,
    temporalPatchSize: config.temporal_patch_size ?? 2,
    resize: config.do_resize ?? true,
    rescale: config.do_rescale ?? true,
    rescaleFactor: config.rescale_factor ?? 1 / 255,
    normalize: config.do_normalize ?? true,
    mean: config.image_mean ?? [0.48145466, 0.4578275, 0.40821073],
    deviation: config.image_std ?? [0.26862954, 0.26130258, 0.27577711],
    arithmetic: config.image_processor_type?.endsWith('Pil') ? 'pillow' : 'torchvision',
  };
}
