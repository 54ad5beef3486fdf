import { detectPerceptionTokensInArrays } from '@cppo/entropy-detect';
import { createPreset, makeViews, type RgbImage, seededRandom, type ViewPreset } from '@cppo/perturb';
import type { EncodedPrompt, QwenPolicy } from '@cppo/policy-qwen';
import { inspectionHtml } from '../report/inspection.js';
import { writeWholeFile } from '../run/whole-file.js';
import { asDataUrl, encodePrompt } from '../train/prompts.js';
import { UserError } from '../user-error.js';
import { openModel, readImages } from './open-model.js';

interface InspectOptions {
  readonly model: string;
  readonly image: readonly string[];
  readonly prompt: string;
  readonly completion?: string;
  readonly views: string;
  readonly seed: number;
  readonly maxTokens: number;
  readonly html?: string;
  readonly json?: boolean;
}

/** `cppo inspect`: which tokens of an answer depend on the picture, found by how much their entropy rises without it. */
export async function inspect(options: InspectOptions): Promise<void> {
  const preset = presetNamed(options.views);
  const images = await readImages(options.image);
  const policy = await openModel(options.model);
  const views = images.map((image, i) => makeViews(image, preset, seededRandom(options.seed, i)));
  const removed = views.map(({ removing }) => removing[0]!);
  const prompt = encodePrompt(policy, options.prompt, images);
  const tokens = await answer(policy, prompt, options);
  const entropy = await entropies(policy, prompt, tokens);
  const removedEntropy = await entropies(policy, encodePrompt(policy, options.prompt, removed), tokens);
  const { mask, shift } = detectPerceptionTokensInArrays({
    entropy: [entropy],
    removedEntropy: [removedEntropy],
  });
  const found = Array.from(tokens, (id, i) => ({
    id,
    text: policy.tokenizer.decode([id]),
    entropy: entropy[i]!,
    removedEntropy: removedEntropy[i]!,
    shift: shift[0]![i]!,
    perceives: mask[0]![i] === 1,
  }));
  if (options.json) console.log(JSON.stringify({ prompt: options.prompt, tokens: found }));
  else printTokens(found);
  if (options.html !== undefined) {
    const pictures = {
      original: images,
      preserving: views.map(({ preserving }) => preserving),
      removing: removed,
    };
    writeWholeFile(options.html, inspectionHtml(options.prompt, found, await asPictures(pictures)));
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

export interface InspectedToken {
  readonly id: number;
  readonly text: string;
  /** H, nats. */
  readonly entropy: number;
  /** H⁻, nats. */
  readonly removedEntropy: number;
  /** ΔH = H⁻ − H, nats. */
  readonly shift: number;
  readonly perceives: boolean;
}

async function answer(
  policy: QwenPolicy,
  prompt: EncodedPrompt,
  options: InspectOptions,
): Promise<Int32Array> {
  if (options.completion !== undefined) {
    const tokens = Int32Array.from(policy.tokenizer.encode(options.completion));
    if (tokens.length === 0) throw new UserError('--completion: found no token, expected a text.');
    return tokens;
  }
  const [sampled] = await policy.generate([prompt], {
    completions: 1,
    maxTokens: options.maxTokens,
    temperature: 0,
    seed: 0,
  });
  return sampled![0]!.tokens;
}

async function entropies(policy: QwenPolicy, prompt: EncodedPrompt, tokens: Int32Array): Promise<number[]> {
  return Array.from(await policy.score([{ prompt, completions: [tokens] }]).entropies.data());
}

function printTokens(tokens: readonly InspectedToken[]): void {
  const colour = process.stdout.isTTY && process.env.NO_COLOR === undefined;
  const mark = (text: string) => (colour ? `\x1b[30;43m${text}\x1b[0m` : `[${text}]`);
  console.log(tokens.map(({ text, perceives }) => (perceives ? mark(text) : text)).join(''));
  console.log('\n     H     H⁻     ΔH  token');
  for (const { text, entropy, removedEntropy, shift, perceives } of tokens) {
    const figures = [entropy, removedEntropy, shift].map((value) => value.toFixed(3).padStart(6)).join(' ');
    console.log(`${figures}  ${perceives ? mark(text) : text}`);
  }
}

async function asPictures(
  views: Readonly<Record<string, readonly RgbImage[]>>,
): Promise<Record<string, string[]>> {
  const entries = Object.entries(views).map(
    async ([name, images]) => [name, await Promise.all(images.map(asDataUrl))] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
