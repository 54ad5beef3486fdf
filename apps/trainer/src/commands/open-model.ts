import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type EngineName, engineNames } from '@cppo/engine';
import { decodeAndCompare, type RgbImage } from '@cppo/perturb';
import type { EncodedPrompt, QwenPolicy } from '@cppo/policy-qwen';
import { loadQwen } from '../load-qwen.js';
import { modelSource } from '../model-source.js';
import { HiddenDrawings } from '../samples/hidden-drawings.js';
import { contextOf } from '../samples/reading.js';
import { type PictureSettings, type Showing, settle } from '../samples/showing.js';
import { bounded, decoding, encodePrompt } from '../train/prompts.js';
import { startEngineFor } from '../train/session.js';
import { UserError } from '../user-error.js';

/** What a command line says of the engine. */
export interface EngineChoice {
  /** Take this engine and no other. */
  readonly engine?: string;
  /** Accept a WebGPU adapter that is emulated on the processor. */
  readonly softwareAdapter?: boolean;
}

/** Starts the engine and loads a model for use, not for training. */
export async function openModel(
  model: string,
  { engine, softwareAdapter = false }: EngineChoice = {},
): Promise<QwenPolicy> {
  if (engine !== undefined && !engineNames.includes(engine as EngineName)) {
    throw new UserError(`--engine: found ${engine}, expected one of ${engineNames.join(', ')}.`);
  }
  await startEngineFor(
    { engine: { prefer: (engine as EngineName | undefined) ?? 'auto', softwareAdapter } },
    '--engine',
  );
  try {
    return await loadQwen(modelSource(model), { trainable: false });
  } catch (error) {
    throw new UserError(`--model: ${(error as Error).message}`);
  }
}

/** Reads and decodes the pictures of a command. */
export async function readImages(
  files: readonly string[],
  settings: PictureSettings = {},
  { warn = true }: { readonly warn?: boolean } = {},
): Promise<RgbImage[]> {
  const hidden = new HiddenDrawings('--');
  const images = await Promise.all(
    files.map(async (file) => {
      if (!existsSync(file)) throw new UserError(`--image: there is no file ${file}.`);
      if (statSync(file).isDirectory())
        throw new UserError(`--image: found the directory ${file}, expected a picture.`);
      try {
        const seen = await decodeAndCompare(await readFile(file), { ...decoding(settings), name: file });
        hidden.note(file, seen.hidden);
        return seen.image;
      } catch (error) {
        throw new UserError(`--image: ${file}: ${(error as Error).message}`);
      }
    }),
  );
  if (warn) for (const warning of hidden.sentences()) console.error(warning);
  return images;
}

/** A model with the pictures of a command as it sees them: as it was trained, but for what the command line says. */
export async function openWithImages(
  options: EngineChoice & PictureSettings & { readonly model: string; readonly image: readonly string[] },
): Promise<{ policy: QwenPolicy; images: RgbImage[]; showing: Showing }> {
  // What is no picture is said before the model is loaded.
  await readImages(options.image, {}, { warn: false });
  const policy = await openModel(options.model, options);
  const showing = settle({ ...options, template: 'question', data: undefined }, policy, '--');
  const images = await readImages(options.image, showing);
  return { policy, images: images.map((image) => bounded(policy, image, showing)), showing };
}

/** A question with its pictures as the model takes it. */
export function encodeFor(
  policy: QwenPolicy,
  prompt: string,
  images: readonly RgbImage[],
  showing: PictureSettings = {},
): EncodedPrompt {
  let encoded: EncodedPrompt;
  try {
    encoded = encodePrompt(policy, prompt, images, showing);
  } catch (error) {
    throw new UserError(`--prompt, --image: ${(error as Error).message}`);
  }
  refuseLong(policy, prompt, images, encoded.ids.length);
  return encoded;
}

/** A prompt beyond what the model was made for takes long and gives nothing. */
function refuseLong(policy: QwenPolicy, prompt: string, images: readonly RgbImage[], tokens: number): void {
  const context = contextOf(policy);
  if (tokens < context) return;
  const { patchSize, mergeSize } = policy.config.vision;
  const text = policy.encode({ prompt }).ids.length;
  const room = Math.floor((context - text - 1) / Math.max(1, images.length));
  const remedy =
    images.length > 0 && room > 0
      ? `; --max-pixels ${Math.floor(room / 2) * (patchSize * mergeSize) ** 2} would shrink the pictures`
      : '';
  throw new UserError(
    `--prompt, --image: found a prompt of ${tokens} tokens, ${tokens - text} of them pictures, expected less than the ${context} that the model can take${remedy}.`,
  );
}

/** The tokens of a completion that was given as text. */
export function tokensOf(policy: QwenPolicy, completion: string): Int32Array {
  const tokens = Int32Array.from(policy.tokenizer.encode(completion));
  if (tokens.length === 0) throw new UserError('--completion: found no token, expected a text.');
  return tokens;
}
