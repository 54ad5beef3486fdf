import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type EngineName, engineNames } from '@cppo/engine';
import { decodeAndCompare, type RgbImage } from '@cppo/perturb';
import type { EncodedPrompt, QwenEncoder, QwenPolicy } from '@cppo/policy-qwen';
import { arithmeticInWords, UserError } from '@cppo/run';
import {
  bounded,
  contextOf,
  decoding,
  encodePrompt,
  HiddenDrawings,
  type PictureSettings,
  type Showing,
  settle,
} from '@cppo/training';
import type { Arithmetic, NumberType, WeightFormat } from '../config/arithmetic.js';
import { loadQwen, openQwen } from '../load-qwen.js';
import { type Room, refuseFormat, refuseUse, roomOf, useFootprint } from '../memory/fit.js';
import type { Footprint, Workload } from '../memory/footprint.js';
import { modelFacts } from '../memory/model-facts.js';
import { modelSource } from '../model-source.js';
import { startEngineFor } from '../session/session.js';

/** What a command line says of the engine. */
export interface EngineChoice {
  /** Take this engine and no other. */
  readonly engine?: string;
  /** Accept a WebGPU adapter that is emulated on the processor. */
  readonly softwareAdapter?: boolean;
  /** Memory that may be taken, such as 12GB. */
  readonly memory?: string;
}

/** What a command line says of a model and how it runs. */
export interface ModelChoice extends EngineChoice {
  readonly weights?: WeightFormat;
  readonly activations?: NumberType;
  readonly cache?: NumberType;
}

/** What a command will ask of a model, for the memory that it takes. */
export type Use = Pick<Workload, 'prompt' | 'sampling' | 'scoring'>;

/** A model of which nothing but its weights is read. */
export interface KnownModel {
  readonly encoder: QwenEncoder;
  readonly room: Room;
  /** What it would take. */
  footprintOf(use: Use): Footprint;
  /**
   * Reads the weights.
   *
   * @throws UserError when there is not the memory for that use.
   */
  load(use: Use): Promise<QwenPolicy>;
}

/** Starts the engine and opens a model for use, not for training. */
export async function openModel(model: string, choice: ModelChoice = {}): Promise<KnownModel> {
  const { engine: name, softwareAdapter = false } = choice;
  if (name !== undefined && !engineNames.includes(name as EngineName)) {
    throw new UserError(`--engine: found ${name}, expected one of ${engineNames.join(', ')}.`);
  }
  const engine = await startEngineFor(
    { engine: { prefer: (name as EngineName | undefined) ?? 'auto', softwareAdapter } },
    '--engine',
  );
  const room = roomOf(engine, choice.memory);
  refuseFormat(choice.weights, '--weights', room);
  const source = modelSource(model);
  const known = modelFacts(model);
  const arithmetic = arithmeticOf(choice);
  // A model of the hub that cannot fit is not even downloaded.
  if (known !== undefined) refuseUse(model, room, known, { arithmetic, prompt: { tokens: 0, patches: 0 } });
  const encoder = await named(openQwen(source));
  const facts = { config: encoder.config, stored: (name: string) => encoder.stored.get(name) ?? 'float32' };
  return {
    encoder,
    room,
    footprintOf: (use) => useFootprint(room, facts, { arithmetic, ...use }),
    async load(use) {
      const { weights } = refuseUse(model, room, facts, { arithmetic, ...use });
      if (weights !== 'float32' || arithmetic.activations !== 'float32') {
        console.error(`cppo: ${arithmeticInWords({ ...arithmetic, weights })}`);
      }
      return named(loadQwen(source, { trainable: false, encoder, ...given(choice) }));
    },
  };
}

/** How a model is to run, as every report says it. */
export function arithmeticOf({
  weights,
  activations = 'float32',
  cache = 'float32',
}: ModelChoice): Arithmetic {
  return { ...(weights === undefined ? {} : { weights }), activations, cache };
}

/** What was given; the rest is the policy's to choose. */
function given({ weights, activations, cache }: ModelChoice) {
  return {
    ...(weights === undefined ? {} : { weights }),
    ...(activations === undefined ? {} : { activations }),
    ...(cache === undefined ? {} : { cache }),
  };
}

async function named<T>(opened: Promise<T>): Promise<T> {
  try {
    return await opened;
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
  options: ModelChoice & PictureSettings & { readonly model: string; readonly image: readonly string[] },
): Promise<{ model: KnownModel; images: RgbImage[]; showing: Showing }> {
  // What is no picture is said before the model is opened.
  await readImages(options.image, {}, { warn: false });
  const model = await openModel(options.model, options);
  const { encoder } = model;
  const showing = settle({ ...options, template: 'question', data: undefined }, encoder, '--');
  const images = await readImages(options.image, showing);
  return { model, images: images.map((image) => bounded(encoder, image, showing)), showing };
}

/** A question with its pictures as the model takes it. */
export function encodeFor(
  encoder: QwenEncoder,
  prompt: string,
  images: readonly RgbImage[],
  showing: PictureSettings = {},
): EncodedPrompt {
  let encoded: EncodedPrompt;
  try {
    encoded = encodePrompt(encoder, prompt, images, showing);
  } catch (error) {
    throw new UserError(`--prompt, --image: ${(error as Error).message}`);
  }
  refuseLong(encoder, prompt, images, encoded.ids.length);
  return encoded;
}

/** A prompt beyond what the model was made for takes long and gives nothing. */
function refuseLong(encoder: QwenEncoder, prompt: string, images: readonly RgbImage[], tokens: number): void {
  const context = contextOf(encoder);
  if (tokens < context) return;
  const { patchSize, mergeSize } = encoder.config.vision;
  const text = encoder.encode({ prompt }).ids.length;
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
export function tokensOf(policy: QwenEncoder, completion: string): Int32Array {
  const tokens = Int32Array.from(policy.tokenizer.encode(completion));
  if (tokens.length === 0) throw new UserError('--completion: found no token, expected a text.');
  return tokens;
}
