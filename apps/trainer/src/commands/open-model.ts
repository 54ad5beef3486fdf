import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type EngineName, engineNames } from '@cppo/engine';
import { decodeImage, type RgbImage } from '@cppo/perturb';
import type { EncodedPrompt, QwenPolicy } from '@cppo/policy-qwen';
import { loadQwen } from '../load-qwen.js';
import { modelSource } from '../model-source.js';
import { encodePrompt } from '../train/prompts.js';
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
export async function readImages(files: readonly string[]): Promise<RgbImage[]> {
  return Promise.all(
    files.map(async (file) => {
      if (!existsSync(file)) throw new UserError(`--image: there is no file ${file}.`);
      if (statSync(file).isDirectory())
        throw new UserError(`--image: found the directory ${file}, expected a picture.`);
      try {
        return await decodeImage(await readFile(file));
      } catch (error) {
        throw new UserError(`--image: ${file}: ${(error as Error).message}`);
      }
    }),
  );
}

/** A question with its pictures as the model takes it. */
export function encodeFor(policy: QwenPolicy, prompt: string, images: readonly RgbImage[]): EncodedPrompt {
  try {
    return encodePrompt(policy, prompt, images);
  } catch (error) {
    throw new UserError(`--prompt, --image: ${(error as Error).message}`);
  }
}

/** The tokens of a completion that was given as text. */
export function tokensOf(policy: QwenPolicy, completion: string): Int32Array {
  const tokens = Int32Array.from(policy.tokenizer.encode(completion));
  if (tokens.length === 0) throw new UserError('--completion: found no token, expected a text.');
  return tokens;
}
