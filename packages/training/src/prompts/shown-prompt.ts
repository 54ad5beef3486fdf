import type { Encoded, PromptEncoder } from '../contract/policy.js';
import type { ShownPrompt } from '../contract/sampler.js';
import { conversation } from './encode-prompt.js';
import { sharpCodec } from './pictures.js';
import type { Prompt } from './prepare-prompt.js';

/**
 * What another engine has to be shown for it to see what the policy sees: the same text, and pictures that it need not resize.
 *
 * @param encoder the policy's encoder; one that does not resize shows pictures as they are.
 * @param prompt with its pictures.
 * @param codec encodes pictures; sharp by default.
 * @returns messages, and a PNG file for each picture.
 */
export async function shownPrompt<P extends Encoded>(
  encoder: Pick<PromptEncoder<P>, 'resize'>,
  { turns, images, pixels }: Prompt<P>,
  codec = sharpCodec,
): Promise<ShownPrompt> {
  const { messages, begun } = conversation(turns, images.length);
  const { minPixels, maxPixels } = pixels;
  const seen = images.map((image) => encoder.resize?.(image, { minPixels, maxPixels }) ?? image);
  return {
    messages,
    pictures: await Promise.all(seen.map((image) => codec.encodePng(image))),
    ...(begun !== undefined && { continueFinalMessage: true }),
  };
}
