import type { QwenConfig } from './config.js';
import { prepareImage, withPixels } from './image/index.js';
import type { CompanionFiles, PromptInput } from './policy-options.js';
import type { EncodedPrompt } from './prompt.js';
import { ropeIndex } from './rope-index.js';
import type { QwenTokenizer } from './text/index.js';

/** What encoding takes of a model. */
export interface EncodingParts {
  readonly config: QwenConfig;
  readonly tokenizer: QwenTokenizer;
  readonly companions: CompanionFiles;
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
