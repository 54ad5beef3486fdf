import { countImageTags, imageTag, renderTurns, type Sample, type Turn } from '@cppo/dataset';
import {
  decodeImage,
  encodePng,
  makeViews,
  type Perturbation,
  type RgbImage,
  seededRandom,
  type ViewPreset,
} from '@cppo/perturb';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import { UserError } from '@cppo/run';
import type { TrainedPolicy } from '../components/index.js';
import type { PictureSettings, Showing } from '../samples/showing.js';

type Encoder = Pick<TrainedPolicy, 'encode' | 'resize'>;

/** A sample as the model takes it, with what its views need. */
export interface Prompt {
  readonly sample: Sample;
  readonly epoch: number;
  readonly turns: readonly Turn[];
  /** In the size in which they are shown, where the run bounds it. */
  readonly images: readonly RgbImage[];
  readonly pixels: PictureSettings;
  readonly encoded: AskedPrompt;
}

/** The views of a prompt: `preserving`, `removing`, and `removing-2`, … where a preset has several. */
export interface PromptViews {
  readonly images: Readonly<Record<string, readonly RgbImage[]>>;
  readonly encoded: Readonly<Record<string, EncodedPrompt>>;
}

/** Names that the views of a preset get. */
export function viewNames(preset: ViewPreset): { preserving: string; removing: string[] } {
  const count = typeof preset.removing === 'function' ? 1 : preset.removing.length;
  return {
    preserving: 'preserving',
    removing: Array.from({ length: count }, (_, i) => (i === 0 ? 'removing' : `removing-${i + 1}`)),
  };
}

/** Reads the sample's pictures and encodes it. */
export async function preparePrompt(
  policy: Encoder,
  sample: Sample,
  epoch: number,
  showing: Showing,
): Promise<Prompt> {
  const images = await Promise.all(
    sample.images.map(async (image) => {
      try {
        return bounded(policy, await decodeImage(await image.bytes(), decoding(showing)), showing);
      } catch (error) {
        throw new UserError(`sample ${sample.id}: image ${image.name}: ${(error as Error).message}`);
      }
    }),
  );
  const turns = renderTurns(sample, showing.template);
  try {
    const encoded = encodePrompt(policy, turns, images, showing);
    return { sample, epoch, turns, images, pixels: showing, encoded };
  } catch (error) {
    throw new UserError(`sample ${sample.id}: ${(error as Error).message}`);
  }
}

/** How `decodeImage` is asked for pictures as a model sees them. */
export function decoding({ background }: PictureSettings): { alpha: string } {
  return { alpha: background === undefined || background === 'auto' ? 'drop' : background };
}

/** A picture within the bounds of a run: views are drawn of what the model sees, at no more cost than that has. */
export function bounded(
  policy: Pick<Encoder, 'resize'>,
  image: RgbImage,
  { minPixels, maxPixels }: PictureSettings,
): RgbImage {
  if (minPixels === undefined && maxPixels === undefined) return image;
  return policy.resize?.(image, { minPixels, maxPixels }) ?? image;
}

/**
 * Draws the views of a prompt, a pure function of (run seed, sample id, epoch), and encodes them.
 *
 * @param redraw false leaves out the epoch: a sample keeps its views.
 */
export function drawViews(
  policy: Encoder,
  prompt: Prompt,
  preset: ViewPreset,
  seed: number,
  redraw = true,
): PromptViews {
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
      encodePrompt(policy, prompt.turns, pictures, prompt.pixels),
    ]),
  );
  return { images, encoded };
}

/** The prompt with its pictures perturbed, for a sampler; drawn apart from the views. */
export function perturbedPrompt(
  policy: Encoder,
  prompt: Prompt,
  perturbation: Perturbation,
  seed: number,
): EncodedPrompt {
  const pictures = prompt.images.map((image, index) =>
    perturbation(image, seededRandom(seed, 'sampler', prompt.sample.id, prompt.epoch, index)),
  );
  assertViews('the sampler', pictures, prompt.images);
  return encodePrompt(policy, prompt.turns, pictures, prompt.pixels);
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

/** A picture for a page. */
export async function asDataUrl(image: RgbImage): Promise<string> {
  return `data:image/png;base64,${Buffer.from(await encodePng(image)).toString('base64')}`;
}

/** An encoded prompt; `begun` is what its answer begins with, where the conversation ends with the assistant's turn. */
export type AskedPrompt = EncodedPrompt & { readonly begun?: string };

/**
 * Encodes a conversation, or a question by itself. Pictures stand where it says `<image>`, else before what the user says
 * first. A last turn of the assistant's is the beginning of the answer.
 */
export function encodePrompt(
  policy: Pick<Encoder, 'encode'>,
  asked: string | readonly Turn[],
  images: readonly RgbImage[],
  { minPixels, maxPixels }: PictureSettings = {},
): AskedPrompt {
  const turns: readonly Turn[] = typeof asked === 'string' ? [{ role: 'user', text: asked }] : asked;
  const placed = turns.some(({ text }) => countImageTags(text) > 0);
  const first = turns.findIndex(({ role }) => role === 'user');
  const messages = turns.map(({ role, text }, at) => {
    const ahead = placed || at !== first ? [] : images.map(() => ({ type: 'image' as const }));
    const parts = text
      .split(imageTag)
      .flatMap((part, i) => [
        ...(i === 0 ? [] : [{ type: 'image' as const }]),
        ...(part === '' ? [] : [{ type: 'text' as const, text: part }]),
      ]);
    return { role, content: [...ahead, ...parts] };
  });
  const begun = turns.at(-1)?.role === 'assistant' ? turns.at(-1)!.text : undefined;
  const encoded = policy.encode({
    messages,
    images,
    ...(begun !== undefined && { continueFinalMessage: true }),
    ...((minPixels !== undefined || maxPixels !== undefined) && { pixels: { minPixels, maxPixels } }),
  });
  return begun === undefined ? encoded : Object.assign(encoded, { begun });
}

/** Completions as answers: with what the conversation began them with in front of their text. */
export function asAnswers<C extends { readonly text: string }>(
  prompts: readonly AskedPrompt[],
  completions: readonly (readonly C[])[],
): C[][] {
  return completions.map((group, i) => {
    const begun = prompts[i]?.begun ?? '';
    return group.map((completion) => ({ ...completion, text: begun + completion.text }));
  });
}

/** The policy as an evaluation asks it. */
export function answering(policy: Pick<TrainedPolicy, 'generate'>): Pick<TrainedPolicy, 'generate'> {
  return {
    generate: async (prompts, options) => asAnswers(prompts, await policy.generate(prompts, options)),
  };
}
