import { makeViews, type Perturbation, type RgbImage, seededRandom, type ViewPreset } from '@cppo/perturb';
import { UserError } from '@cppo/run/errors';
import type { Encoded, PromptEncoder } from '../contract/policy.js';
import { encodePrompt } from './encode-prompt.js';
import type { Prompt } from './prepare-prompt.js';

/** The views of a prompt: `preserving`, `removing`, and `removing-2`, … where a preset has several. */
export interface PromptViews<P> {
  readonly images: Readonly<Record<string, readonly RgbImage[]>>;
  readonly encoded: Readonly<Record<string, P>>;
}

/**
 * Names the views of a preset.
 *
 * @param preset the perturbation of each view.
 * @returns the name of the preserving view and of each removing one.
 * @example
 * const identity = (image) => image;
 * viewNames({ preserving: identity, removing: [identity, identity] }).removing; // ['removing', 'removing-2']
 */
export function viewNames(preset: ViewPreset): { preserving: string; removing: string[] } {
  const count = typeof preset.removing === 'function' ? 1 : preset.removing.length;
  return {
    preserving: 'preserving',
    removing: Array.from({ length: count }, (_, i) => (i === 0 ? 'removing' : `removing-${i + 1}`)),
  };
}

/**
 * Draws the views of a prompt and encodes them: a pure function of (run seed, sample id, epoch).
 *
 * @param encoder the policy's encoder.
 * @param prompt the encoded original with its pictures.
 * @param preset the perturbation of each view.
 * @param seed of the run.
 * @param redraw false ignores the epoch: a sample keeps its views.
 * @returns encoded views by name, and their pictures.
 * @throws UserError when a perturbation returns a picture of another size.
 */
export function drawViews<P extends Encoded>(
  encoder: Pick<PromptEncoder<P>, 'encode'>,
  prompt: Prompt<P>,
  preset: ViewPreset,
  seed: number,
  redraw = true,
): PromptViews<P> {
  const drawn = prompt.images.map((image, index) =>
    makeViews(image, preset, seededRandom(seed, prompt.sample.id, redraw ? prompt.epoch : 0, index)),
  );
  const names = viewNames(preset);
  const images: Record<string, RgbImage[]> = {
    [names.preserving]: drawn.map(({ preserving }) => preserving),
  };
  for (const [i, name] of names.removing.entries()) images[name] = drawn.map(({ removing }) => removing[i]!);
  for (const [view, pictures] of Object.entries(images)) assertViews(view, pictures, prompt.images);
  const encoded = Object.fromEntries(
    Object.entries(images).map(([name, pictures]) => [
      name,
      encodePrompt(encoder, prompt.turns, pictures, prompt.pixels),
    ]),
  );
  return { images, encoded };
}

/** A prompt with other pictures, and those. */
export interface PerturbedPrompt<P> {
  readonly encoded: P;
  readonly images: readonly RgbImage[];
}

/**
 * Encodes a prompt with perturbed pictures for a sampler; drawn independently of the views.
 *
 * @param encoder the policy's encoder.
 * @param prompt the encoded original with its pictures.
 * @param perturbation applied to each picture.
 * @param seed of the run.
 * @returns the encoded prompt with its pictures.
 * @throws UserError when the perturbation returns a picture of another size.
 */
export function perturbedPrompt<P extends Encoded>(
  encoder: Pick<PromptEncoder<P>, 'encode'>,
  prompt: Prompt<P>,
  perturbation: Perturbation,
  seed: number,
): PerturbedPrompt<P> {
  const images = prompt.images.map((image, index) =>
    perturbation(image, seededRandom(seed, 'sampler', prompt.sample.id, prompt.epoch, index)),
  );
  assertViews('the sampler', images, prompt.images);
  return { encoded: encodePrompt(encoder, prompt.turns, images, prompt.pixels), images };
}

/** All views of a picture have its size, so that the prompt keeps its tokens. */
function assertViews(view: string, pictures: readonly RgbImage[], originals: readonly RgbImage[]): void {
  for (const [i, picture] of pictures.entries()) {
    const { width, height } = originals[i]!;
    if (
      picture?.width !== width ||
      picture.height !== height ||
      picture.data?.length !== 3 * width * height
    ) {
      throw new UserError(
        `views (${view}): a perturbation gave ${picture?.width}×${picture?.height} pixels with ${picture?.data?.length} bytes, expected ${width}×${height} with ${3 * width * height} (RGB), as the image has.`,
      );
    }
  }
}
