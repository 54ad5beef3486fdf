import type { RgbImage } from '@cppo/perturb';
import { UserError } from '@cppo/run';
import type { Encoded, PromptEncoder } from '../contract/policy.js';
import type { PictureSettings } from '../contract/showing.js';
import { encodePrompt } from '../prompts/encode-prompt.js';
import { contextOf, pixelsPerToken } from '../samples/reading.js';

/**
 * A question with its pictures as the model takes it.
 *
 * @param encoder of the model.
 * @param prompt  text of the question.
 * @param images  of the question, in their order.
 * @param showing bounds on the pixels of the pictures.
 * @returns the encoded prompt.
 * @throws UserError when it cannot be encoded, or is longer than the model's context.
 */
export function encodeQuestion<P extends Encoded>(
  encoder: PromptEncoder<P>,
  prompt: string,
  images: readonly RgbImage[],
  showing: PictureSettings = {},
): P {
  let encoded: P;
  try {
    encoded = encodePrompt(encoder, prompt, images, showing);
  } catch (error) {
    throw new UserError(`--prompt, --image: ${(error as Error).message}`);
  }
  refuseLong(encoder, prompt, images, encoded.ids.length);
  return encoded;
}

/** A prompt beyond what the model was made for takes long and gives nothing. */
function refuseLong(
  encoder: PromptEncoder<Encoded>,
  prompt: string,
  images: readonly RgbImage[],
  tokens: number,
): void {
  const context = contextOf(encoder);
  if (tokens < context) return;
  const pixels = pixelsPerToken(encoder);
  const bare = encoder.encode({
    messages: [{ role: 'user', content: [{ type: 'text', text: prompt }] }],
    images: [],
  });
  const text = bare.ids.length;
  const room = Math.floor((context - text - 1) / Math.max(1, images.length));
  const remedy =
    images.length > 0 && room > 0 && pixels !== undefined
      ? `; --max-pixels ${Math.floor(room / 2) * pixels} would shrink the pictures`
      : '';
  throw new UserError(
    `--prompt, --image: found a prompt of ${tokens} tokens, ${tokens - text} of them pictures, expected less than the ${context} that the model can take${remedy}.`,
  );
}

/**
 * The tokens of a completion that was given as text.
 *
 * @param encoder    whose tokenizer takes it apart.
 * @param completion the text.
 * @returns ids, at least one.
 * @throws UserError when there is no token in it.
 */
export function tokensOf(
  { tokenizer }: Pick<PromptEncoder<Encoded>, 'tokenizer'>,
  completion: string,
): Int32Array {
  const tokens = Int32Array.from(tokenizer?.encode?.(completion) ?? []);
  if (tokens.length === 0) throw new UserError('--completion: found no token, expected a text.');
  return tokens;
}
