import { type DetectionOptions, detectPerceptionTokensInArrays } from '@cppo/entropy-detect';
import { createPreset, makeViews, type RgbImage, seededRandom, type ViewPreset } from '@cppo/perturb';
import type { EncodedPrompt, QwenPolicy } from '@cppo/policy-qwen';
import type { InspectedToken } from '../report/page-data.js';
import { pageHtml } from '../report/page-html.js';
import { writeWholeFile } from '../run/whole-file.js';
import type { PictureSettings } from '../samples/showing.js';
import { coloursOf } from '../terminal/colours.js';
import { inspectionText } from '../terminal/inspection-text.js';
import { Progress } from '../train/progress.js';
import { asDataUrl } from '../train/prompts.js';
import { shownPicture } from '../train/shown-picture.js';
import { UserError } from '../user-error.js';
import { type EngineChoice, encodeFor, openWithImages, tokensOf } from './open-model.js';
import { checkOutputFile } from './output-file.js';

interface InspectOptions extends EngineChoice, PictureSettings {
  readonly model: string;
  readonly image: readonly string[];
  readonly prompt: string;
  readonly completion?: string;
  readonly views: string;
  readonly score: NonNullable<DetectionOptions['score']>;
  readonly base: NonNullable<DetectionOptions['base']>;
  readonly ratio: number;
  /** Of the sampling and, as in training, of the entropies; 0 takes the likeliest token and leaves the entropies at 1. */
  readonly temperature: number;
  readonly seed: number;
  readonly maxTokens: number;
  readonly html?: string;
  readonly json?: boolean;
}

/** `cppo inspect`: which tokens of an answer depend on the picture, found by how much their entropy rises without it. */
export async function inspect(options: InspectOptions): Promise<void> {
  checkOutputFile('--html', options.html);
  const preset = presetNamed(options.views);
  const { policy, images, showing } = await openWithImages(options);
  // Before the views are drawn: a prompt that is too long is said at once.
  const prompt = encodeFor(policy, options.prompt, images, showing);
  const progress = new Progress('inspect', 3);
  const views = images.map((image, i) => makeViews(image, preset, seededRandom(options.seed, i)));
  const removed = views.map(({ removing }) => removing[0]!);
  progress.update(1, 'views drawn');
  const ids = await answer(policy, prompt, options);
  progress.update(2, 'answered');
  const temperature = options.temperature || 1;
  const original = await read(policy, prompt, ids, temperature);
  const without = await read(policy, encodeFor(policy, options.prompt, removed, showing), ids, temperature);
  progress.update(3, 'scored');
  progress.stop();
  const { mask, shift } = detectPerceptionTokensInArrays(
    { entropy: [original.entropies], removedEntropy: [without.entropies] },
    { score: options.score, base: options.base, ratio: options.ratio },
  );
  const tokens = Array.from(
    ids,
    (id, i): InspectedToken => ({
      id,
      text: policy.tokenizer.decode([id]),
      logProb: original.logProbs[i]!,
      entropy: original.entropies[i]!,
      removedEntropy: without.entropies[i]!,
      shift: shift[0]![i]!,
      perceives: mask[0]![i] === 1,
    }),
  );
  const settings = [
    `views ${options.views}, seed ${options.seed}`,
    `detection ${options.score}, ${options.ratio} of the ${options.base} tokens`,
    `temperature ${options.temperature}`,
  ];
  if (options.json) {
    const { model, views: viewsName, score, base, ratio, seed } = options;
    const completion = policy.tokenizer.decode(Array.from(ids));
    const detection = { score, base, ratio };
    console.log(
      JSON.stringify({
        model,
        prompt: options.prompt,
        completion,
        views: viewsName,
        seed,
        temperature,
        detection,
        tokens,
      }),
    );
  } else
    console.log(inspectionText(tokens, settings, coloursOf(process.stdout), process.stdout.columns || 80));
  if (options.html !== undefined) {
    const pictures = await asPictures({
      original: images,
      preserving: views.map(({ preserving }) => preserving),
      removing: removed,
    });
    const page = {
      kind: 'inspection',
      title: options.prompt,
      model: options.model,
      settings,
      tokens,
      pictures,
    } as const;
    writeWholeFile(options.html, pageHtml(page));
    console.error(options.html);
  }
}

function presetNamed(name: string): ViewPreset {
  try {
    return createPreset(name);
  } catch (error) {
    throw new UserError(`--views: ${(error as Error).message}`);
  }
}

async function answer(
  policy: QwenPolicy,
  prompt: EncodedPrompt,
  options: InspectOptions,
): Promise<Int32Array> {
  if (options.completion !== undefined) return tokensOf(policy, options.completion);
  const { maxTokens, temperature, seed } = options;
  const [sampled] = await policy.generate([prompt], { completions: 1, maxTokens, temperature, seed });
  return sampled![0]!.tokens;
}

/** Log-probabilities and entropies of a completion, nats. */
async function read(
  policy: QwenPolicy,
  prompt: EncodedPrompt,
  tokens: Int32Array,
  temperature: number,
): Promise<{ logProbs: number[]; entropies: number[] }> {
  const scores = policy.score([{ prompt, completions: [tokens] }], { temperature });
  return {
    logProbs: Array.from(await scores.logProbs.data()),
    entropies: Array.from(await scores.entropies.data()),
  };
}

async function asPictures(
  views: Readonly<Record<string, readonly RgbImage[]>>,
): Promise<Record<string, string[]>> {
  const entries = Object.entries(views).map(
    async ([name, images]) =>
      [name, await Promise.all(images.map((image) => asDataUrl(shownPicture(image))))] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
