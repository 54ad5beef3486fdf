import type { QwenEncoder } from '../encoder.js';
import type { EncodedPrompt } from '../prompt.js';
import { footprint, type ModelFootprint, type Workload } from './footprint.js';
import { factsOf, knownFacts, type ModelFacts } from './known-facts.js';
import { type PromptSize, sizeOf } from './prompt-size.js';

/** What a model takes of a machine's memory, known before its weights are read. */
export interface Capacity {
  /** The bytes of a use of the model; a pure function, so that other settings can be tried. */
  footprint(workload: Workload): ModelFootprint;
  sizeOf(prompt: EncodedPrompt): PromptSize;
  /** The adapter that the source holds; it decides rank and alpha, whatever the settings. */
  readonly adapter?: { readonly rank: number; readonly alpha: number } | undefined;
}

/**
 * The capacity of a model of Qwen2.5-VL.
 *
 * @param source a directory or a hub id.
 * @param encoder of the same source, where it is open: then every parameter is known as it is stored.
 * @returns undefined when neither its name nor a config.json on this machine says how large it is.
 */
export async function qwenCapacity(source: string, encoder?: QwenEncoder): Promise<Capacity | undefined> {
  if (encoder !== undefined) {
    return { ...capacityOf(factsOf(encoder)), adapter: encoder.opened.adapter };
  }
  const facts = await knownFacts(source);
  return facts && capacityOf(facts);
}

function capacityOf(facts: ModelFacts): Capacity {
  return { sizeOf, footprint: (workload) => footprint(facts, workload) };
}
