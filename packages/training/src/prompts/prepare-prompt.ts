import { renderTurns, type Sample, type Turn } from '@cppo/dataset/prompts';
import type { RgbImage } from '@cppo/perturb';
import { UserError } from '@cppo/run/errors';
import type { Encoded, PromptEncoder } from '../contract/policy.js';
import type { PictureSettings, Showing } from '../contract/showing.js';
import { type AskedPrompt, encodePrompt } from './encode-prompt.js';
import { bounded, decoding, sharpCodec } from './pictures.js';

/** A sample as the model takes it, with what its views need. */
export interface Prompt<P extends Encoded> {
  readonly sample: Sample;
  readonly epoch: number;
  readonly turns: readonly Turn[];
  /** In the size in which they are shown, where the run bounds it. */
  readonly images: readonly RgbImage[];
  readonly pixels: PictureSettings;
  readonly encoded: AskedPrompt<P>;
}

/**
 * Reads a sample's pictures and encodes its conversation.
 *
 * @param encoder the policy's encoder.
 * @param sample one row.
 * @param epoch from 0.
 * @param showing template, background and bounds.
 * @param codec decodes pictures; sharp by default.
 * @returns the encoded prompt with its pictures.
 * @throws UserError naming the sample, and the picture where that is the cause.
 */
export async function preparePrompt<P extends Encoded>(
  encoder: PromptEncoder<P>,
  sample: Sample,
  epoch: number,
  showing: Showing,
  codec = sharpCodec,
): Promise<Prompt<P>> {
  const images = await Promise.all(
    sample.images.map(async (image) => {
      try {
        return bounded(encoder, await codec.decode(await image.bytes(), decoding(showing)), showing);
      } catch (error) {
        throw new UserError(`sample ${sample.id}: image ${image.name}: ${(error as Error).message}`);
      }
    }),
  );
  const turns = renderTurns(sample, showing.template);
  try {
    const encoded = encodePrompt(encoder, turns, images, showing);
    return { sample, epoch, turns, images, pixels: showing, encoded };
  } catch (error) {
    throw new UserError(`sample ${sample.id}: ${(error as Error).message}`);
  }
}
