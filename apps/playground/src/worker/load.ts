import { startBrowserEngine } from '@cppo/engine/browser';
import { QwenPolicy } from '@cppo/policy-qwen';
import { z } from 'zod';
import { engineBinary, readShippedModel, startDrawing } from './served-files.js';

// Programs made from text are what the page's policy forbids.
z.config({ jitless: true });

export type EngineChoice = 'wasm' | 'webgpu';

/** A worker's engine and its own copy of the shipped model. */
export interface Loaded {
  readonly policy: QwenPolicy;
  /** In words. */
  readonly engine: string;
}

/** @param threads as many as there are when left out. */
export async function loadModel(prefer: EngineChoice, threads?: number): Promise<Loaded> {
  const [engine, files] = await Promise.all([
    startBrowserEngine({ prefer, binary: engineBinary, ...(threads !== undefined && { threads }) }),
    readShippedModel(),
    startDrawing(),
  ]);
  return { policy: await QwenPolicy.load(files), engine: engine.description };
}
