import { type EngineName, engineNames } from '@cppo/engine';
import type { RgbImage } from '@cppo/perturb';
import { type EncodedPrompt, narrowestFormat } from '@cppo/policy-qwen';
import type { NumberType, WeightFormat } from '@cppo/policy-qwen/formats';
import { arithmeticInWords, UserError } from '@cppo/run';
import {
  type AskedModel,
  bounded,
  openToAsk,
  type PictureSettings,
  type PolicyPart,
  readPictures,
  type Showing,
  settle,
} from '@cppo/training';
import type { Arithmetic, TrainedPolicy } from '../components/policy.js';
import { modelSource } from '../model-source.js';
import { roomOf } from '../session/room.js';
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

/** A model of the families that this program knows. */
export type KnownModel = AskedModel<EncodedPrompt, WeightFormat>;

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
  const { engine: asked = 'auto', softwareAdapter = false } = choice;
  if (!isEngine(asked)) {
    throw new UserError(`--engine: found ${asked}, expected one of ${engineNames.join(', ')}.`);
  }
  const family = await familyOf(model, choice.policy);
  const engine = await startEngineFor({ engine: { prefer: asked, softwareAdapter } }, '--engine');
  const room = roomOf(engine, choice.memory);
  const source = modelSource(model);
  return openToAsk({ name: model, source, family, room, arithmetic: given(choice), needed });
}

function isEngine(name: string): name is EngineName | 'auto' {
  return name === 'auto' || engineNames.some((each) => each === name);
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

/** A model with the pictures of a command as it sees them: as it was trained, but for what the command line says. */
export async function openWithImages(
  options: ModelChoice & PictureSettings & { readonly model: string; readonly image: readonly string[] },
  needed: readonly PolicyPart[],
): Promise<{ model: KnownModel; images: RgbImage[]; showing: Showing }> {
  // Report a file that is no picture before the model is opened.
  await readPictures(options.image, {}, { warn: false });
  const model = await openModel(options.model, options, needed);
  const { encoder } = model;
  const showing = settle({ ...options, template: 'question', data: undefined }, encoder, '--');
  const images = await readPictures(options.image, showing);
  return { model, images: images.map((image) => bounded(encoder, image, showing)), showing };
}
