import { imageTag, type PromptTemplate, renderPrompt, type Sample } from '@cppo/dataset';
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
import type { TrainedPolicy } from '../components/index.js';
import { UserError } from '../user-error.js';

type Encoder = Pick<TrainedPolicy, 'encode'>;

/** A sample as the model takes it, with what its views need. */
export interface Prompt {
  readonly sample: Sample;
  readonly epoch: number;
  readonly text: string;
  readonly images: readonly RgbImage[];
  readonly encoded: EncodedPrompt;
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
  template: PromptTemplate,
): Promise<Prompt> {
  const images = await Promise.all(
    sample.images.map(async (image) => {
      try {
        return await decodeImage(await image.bytes());
      } catch (error) {
        throw new UserError(`sample ${sample.id}: image ${image.name}: ${(error as Error).message}`);
      }
    }),
  );
  const text = renderPrompt(sample, template);
  return { sample, epoch, text, images, encoded: encodePrompt(policy, text, images) };
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
    Object.entries(images).map(([name, pictures]) => [name, encodePrompt(policy, prompt.text, pictures)]),
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
  return encodePrompt(policy, prompt.text, pictures);
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

/** Pictures stand where the question says `<image>`, else before the question. */
export function encodePrompt(policy: Encoder, text: string, images: readonly RgbImage[]): EncodedPrompt {
  const parts = text.split(imageTag);
  const content =
    parts.length > 1
      ? parts.flatMap((part, i) => [
          ...(i === 0 ? [] : [{ type: 'image' as const }]),
          ...(part === '' ? [] : [{ type: 'text' as const, text: part }]),
        ])
      : [...images.map(() => ({ type: 'image' as const })), { type: 'text' as const, text }];
  return policy.encode({ messages: [{ role: 'user', content }], images });
}
