import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import type { QwenConfig } from './config.js';
import { type PixelBounds, prepareImage, type RgbImage, resizeImage, withPixels } from './image/index.js';
import type { CompanionFiles, PromptInput } from './policy-options.js';
import type { EncodedPrompt } from './prompt.js';
import { requireSamePatches } from './require-same-patches.js';
import { ropeIndex } from './rope-index.js';
import type { QwenTokenizer } from './text/index.js';

const count = z.int().positive().optional();
const pixelBounds = z.strictObject({ minPixels: count, maxPixels: count });
const promptInput = z.strictObject({
  prompt: z.string().optional(),
  // The tokenizer and the image processor check these.
  messages: z.unknown().optional(),
  images: z.unknown().optional(),
  continueFinalMessage: z.boolean().optional(),
  pixels: pixelBounds.optional(),
});

/** What encoding takes of a model. */
export interface EncodingParts {
  readonly config: QwenConfig;
  readonly tokenizer: QwenTokenizer;
  readonly companions: CompanionFiles;
}

/** @throws RangeError for a key that is unknown or of another kind. @param caller for messages. */
export function checkPrompt(input: PromptInput, caller: string): void {
  parseOptions(caller, promptInput, input);
}

/**
 * Encodes a prompt: images become patches, text the chat template's tokens, images in it as many
 * image tokens as they have merge units.
 *
 * @param caller for messages.
 * @throws RangeError when images and image parts differ in number or an image cannot be resized.
 */
export function encodePrompt(
  { prompt, messages, images = [], continueFinalMessage = false, pixels }: PromptInput,
  { config, tokenizer, companions }: EncodingParts,
  caller: string,
): EncodedPrompt {
  if ((prompt === undefined) === (messages === undefined)) {
    throw new RangeError(`${caller}: expected either prompt or messages.`);
  }
  const preprocessor = withPixels(companions.preprocessorConfig, pixels);
  if (images.length > 0) requireSamePatches(preprocessor, config, caller);
  const prepared = images.map((image) => prepareImage(image, preprocessor));
  const grids = prepared.map(({ grid }) => grid);
  const turns = messages ?? [
    {
      role: 'user',
      content: [
        ...images.map(() => ({ type: 'image' as const })),
        { type: 'text' as const, text: prompt as string },
      ],
    },
  ];
  const ids = tokenizer.encodePrompt(turns, grids, config.vision.mergeSize, { continueFinalMessage });
  return { ids, images: prepared, ...ropeIndex(ids, grids, config) };
}

/**
 * An image in the size in which `encodePrompt` shows it to the model.
 *
 * @throws RangeError for a bound that is none, or when it cannot be resized.
 */
export function resizeAsSeen(
  image: RgbImage,
  pixels: PixelBounds,
  { preprocessorConfig }: CompanionFiles,
  caller: string,
): RgbImage {
  parseOptions(caller, pixelBounds, pixels);
  return resizeImage(image, withPixels(preprocessorConfig, pixels));
}
