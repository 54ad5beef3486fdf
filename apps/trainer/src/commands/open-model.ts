import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type EngineName, engineNames } from '@cppo/engine';
import { decodeAndCompare, type RgbImage } from '@cppo/perturb';
import { type EncodedPrompt, narrowestFormat, type PromptSize } from '@cppo/policy-qwen';
import type { NumberType, WeightFormat } from '@cppo/policy-qwen/formats';
import { arithmeticInWords, isUserError, UserError } from '@cppo/run';
import {
  bounded,
  contextOf,
  decoding,
  encodePrompt,
  fits,
  HiddenDrawings,
  type ModelTask,
  type PictureSettings,
  pixelsPerToken,
  refuseFormat,
  refuseUse,
  type Showing,
  settle,
  useFootprint,
} from '@cppo/training';
import type { Arithmetic } from '../components/arithmetic.js';
import { openEncoder, type PolicyPart, type PromptEncoder, type TrainedPolicy } from '../components/index.js';
import { modelSource } from '../model-source.js';
import { type EngineRoom, roomOf } from '../session/room.js';
import { startEngineFor } from '../session/session.js';
import { familyOf } from './family-of.js';

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
  /** Family of the model: a name, or a custom module. */
  readonly policy?: string;
  readonly weights?: WeightFormat;
  readonly activations?: NumberType;
  readonly cache?: NumberType;
}

/** What a command will ask of a model, for the memory that it takes. */
export type Use = Pick<ModelTask, 'prompt' | 'sampling' | 'scoring'>;

/** A model of which nothing but its weights is still to be read. */
export interface KnownModel {
  readonly encoder: PromptEncoder;
  readonly room: EngineRoom;
  sizeOf(prompt: EncodedPrompt): PromptSize;
  /** Whether there is the memory for a use; a policy that does not say what it takes is taken to fit. */
  fits(use: Use): boolean;
  /**
   * Reads the weights.
   *
   * @throws UserError when there is not the memory for that use.
   */
  load(use: Use): Promise<TrainedPolicy>;
}

/**
 * Starts the engine and opens a model for use, not for training.
 *
 * @param needed what will be asked of its policy, beside encoding.
 * @throws UserError also when a custom policy lacks some of it.
 */
export async function openModel(
  model: string,
  choice: ModelChoice,
  needed: readonly PolicyPart[],
): Promise<KnownModel> {
  const { engine: name, softwareAdapter = false } = choice;
  if (name !== undefined && !engineNames.includes(name as EngineName)) {
    throw new UserError(`--engine: found ${name}, expected one of ${engineNames.join(', ')}.`);
  }
  const family = await familyOf(model, choice.policy);
  const engine = await startEngineFor(
    { engine: { prefer: (name as EngineName | undefined) ?? 'auto', softwareAdapter } },
    '--engine',
  );
  const room = roomOf(engine, choice.memory);
  refuseFormat(choice.weights, '--weights', room);
  const source = modelSource(model);
  const known = await family.capacity?.(source);
  const arithmetic = arithmeticOf(choice);
  // A model of the hub that cannot fit is not even downloaded.
  if (known !== undefined) refuseUse(model, room, known, { arithmetic, prompt: { tokens: 0, patches: 0 } });
  const load = (encoder?: PromptEncoder) =>
    family.load(
      source,
      { trainable: false, ...given(choice) },
      { needed: ['encode', ...needed], ...(encoder && { encoder }) },
    );
  const { encoder, policy } = await named(
    openEncoder(
      family,
      source,
      load,
      needed.filter((part) => part === 'tokenizer.encode'),
    ),
  );
  const capacity = await family.capacity?.(source, encoder);
  return {
    encoder,
    room,
    sizeOf: (prompt) => capacity?.sizeOf(prompt) ?? { tokens: prompt.ids.length, patches: 0 },
    fits: (use) => capacity === undefined || fits(useFootprint(room, capacity, { arithmetic, ...use }), room),
    async load(use) {
      if (capacity !== undefined) {
        const { weights } = refuseUse(model, room, capacity, { arithmetic, ...use });
        if (weights !== 'float32' || arithmetic.activations !== 'float32') {
          console.error(`cppo: ${arithmeticInWords({ ...arithmetic, weights })}`);
        }
      }
      return policy ?? named(load(encoder));
    },
  };
}

/** How a model is to run. */
function arithmeticOf({ weights, activations = 'float32', cache = 'float32' }: ModelChoice): Arithmetic {
  return { ...(weights === undefined ? {} : { weights }), activations, cache };
}

/** The same of a model that is loaded, with the format that it holds where its policy says which. */
export function heldArithmetic({ parameters }: TrainedPolicy, choice: ModelChoice): Arithmetic {
  const asked = arithmeticOf(choice);
  return parameters === undefined ? asked : { ...asked, weights: narrowestFormat(parameters) };
}

/** `weights nf4, activations float32, cache float32`; no line for a policy that does not say how it holds its weights. */
export function heldInWords(arithmetic: Arithmetic): string[] {
  return arithmetic.weights === undefined ? [] : [arithmeticInWords(arithmetic)];
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
    if (isUserError(error)) throw error;
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
  needed: readonly PolicyPart[],
): Promise<{ model: KnownModel; images: RgbImage[]; showing: Showing }> {
  // Report a file that is no picture before the model is opened.
  await readImages(options.image, {}, { warn: false });
  const model = await openModel(options.model, options, needed);
  const { encoder } = model;
  const showing = settle({ ...options, template: 'question', data: undefined }, encoder, '--');
  const images = await readImages(options.image, showing);
  return { model, images: images.map((image) => bounded(encoder, image, showing)), showing };
}

/** A question with its pictures as the model takes it. */
export function encodeFor(
  encoder: PromptEncoder,
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
function refuseLong(
  encoder: PromptEncoder,
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

/** The tokens of a completion that was given as text. */
export function tokensOf({ tokenizer }: PromptEncoder, completion: string): Int32Array {
  const tokens = Int32Array.from(tokenizer?.encode?.(completion) ?? []);
  if (tokens.length === 0) throw new UserError('--completion: found no token, expected a text.');
  return tokens;
}
