import { startBrowserEngine } from '@cppo/engine/browser';
import { type LoadOptions, QwenEncoder, QwenPolicy } from '@cppo/policy-qwen';
import { z } from 'zod';
import type { ModelChoice } from './model-choice.js';
import { readEngine, readShippedModel, startDrawing } from './served-files.js';

// Programs made from text are what the page's policy forbids.
z.config({ jitless: true });

export type EngineChoice = 'wasm' | 'webgpu';

/** A worker's engine, and a model whose weights are not read yet. */
export interface Opened {
  readonly encoder: QwenEncoder;
  /** In words. */
  readonly engine: string;
  load(options: LoadOptions): Promise<QwenPolicy>;
}

/** @param threads as many as there are when left out. */
export async function openModel(model: ModelChoice, prefer: EngineChoice, threads?: number): Promise<Opened> {
  if (prefer === 'wasm') requireMemory();
  const [engine, files] = await Promise.all([
    startBrowserEngine({ prefer, binary: readEngine, ...(threads !== undefined && { threads }) }),
    model === 'shipped' ? readShippedModel() : model.files,
    startDrawing(),
  ]);
  const encoder = await QwenEncoder.open(files);
  return {
    encoder,
    engine: engine.description,
    load: (options) => QwenPolicy.load(files, { ...options, encoder }),
  };
}

/** Pages of 64 KB that an engine begins with, and that it may grow to: 4 GB. */
const pages = { initial: 512, maximum: 65536 };

/** The engine itself could say no more than that it does not start. */
function requireMemory(): void {
  try {
    new WebAssembly.Memory(pages);
  } catch (cause) {
    throw new RangeError(
      'The browser gives this page no memory to compute in; closing other tabs may help, and a browser of 64 bits is needed.',
      { cause },
    );
  }
}
