import { countImageTags, imageTag, type Turn } from '@cppo/dataset/prompts';
import type { RgbImage } from '@cppo/perturb';
import type { Encoded, PixelBounds, PromptEncoder, PromptInput, TrainedPolicy } from '../contract/policy.js';

/** An encoded prompt; `begun` is what its answer begins with, where the conversation ends with the assistant's turn. */
export type AskedPrompt<P> = P & { readonly begun?: string };

/**
 * Encodes a conversation or a single question. Pictures replace its `<image>` tags, or precede the first user
 * turn. A last assistant turn is the beginning of the answer.
 *
 * @param encoder the policy's encoder.
 * @param asked a question or turns.
 * @param images RGB pixels, in order.
 * @param bounds smallest and largest number of pixels of a picture.
 * @returns the encoded prompt and the beginning of its answer.
 */
export function encodePrompt<P extends Encoded>(
  encoder: Pick<PromptEncoder<P>, 'encode'>,
  asked: string | readonly Turn[],
  images: readonly RgbImage[],
  { minPixels, maxPixels }: PixelBounds = {},
): AskedPrompt<P> {
  const { messages, begun } = conversation(asked, images.length);
  const encoded = encoder.encode({
    messages,
    images,
    ...(begun !== undefined && { continueFinalMessage: true }),
    ...((minPixels !== undefined || maxPixels !== undefined) && { pixels: { minPixels, maxPixels } }),
  });
  return begun === undefined ? encoded : Object.assign(encoded, { begun });
}

/**
 * Puts pictures in their places among the texts of a conversation.
 *
 * @param asked a question or turns.
 * @param pictures how many there are; those without an `<image>` tag precede the first user turn.
 * @returns its messages, and what its answer begins with, where the conversation ends with the assistant's turn.
 */
export function conversation(
  asked: string | readonly Turn[],
  pictures: number,
): { readonly messages: PromptInput['messages']; readonly begun: string | undefined } {
  const turns: readonly Turn[] = typeof asked === 'string' ? [{ role: 'user', text: asked }] : asked;
  const placed = turns.some(({ text }) => countImageTags(text) > 0);
  const first = turns.findIndex(({ role }) => role === 'user');
  const messages = turns.map(({ role, text }, at) => {
    const ahead =
      placed || at !== first ? [] : Array.from({ length: pictures }, () => ({ type: 'image' as const }));
    const parts = text
      .split(imageTag)
      .flatMap((part, i) => [
        ...(i === 0 ? [] : [{ type: 'image' as const }]),
        ...(part === '' ? [] : [{ type: 'text' as const, text: part }]),
      ]);
    return { role, content: [...ahead, ...parts] };
  });
  const last = turns.at(-1);
  return { messages, begun: last?.role === 'assistant' ? last.text : undefined };
}

/**
 * Turns completions into answers, by prepending the beginning of an answer that the conversation gave.
 *
 * @param prompts with the beginnings.
 * @param completions of each prompt.
 * @returns the same completions with whole texts.
 */
export function asAnswers<P, C extends { readonly text: string }>(
  prompts: readonly AskedPrompt<P>[],
  completions: readonly (readonly C[])[],
): C[][] {
  return completions.map((group, i) => {
    const begun = prompts[i]?.begun ?? '';
    return group.map((completion) => ({ ...completion, text: begun + completion.text }));
  });
}

/**
 * Adapts a policy to evaluation: its completions become whole answers (`asAnswers`).
 *
 * @param policy what generates.
 * @returns the adapted policy.
 */
export function answering<P extends Encoded>(
  policy: Pick<TrainedPolicy<P>, 'generate'>,
): Pick<TrainedPolicy<P>, 'generate'> {
  return {
    generate: async (prompts, options) => asAnswers(prompts, await policy.generate(prompts, options)),
  };
}
