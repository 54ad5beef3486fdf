import type { ShownPrompt } from './sampling.js';

/** A prompt and how it is to be answered, as a protocol puts it into a request. */
export interface Question {
  /** Of the prompt, for messages. */
  readonly id: string;
  readonly ids: Int32Array;
  readonly shown: ShownPrompt;
  /** Name of the adapter that answers. */
  readonly adapter: string;
  readonly completions: number;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number;
  readonly stopIds: readonly number[];
  readonly imageTokenId: number | undefined;
}

/** What a server says, before it is believed. */
export interface Answer {
  /** Prompt tokens as the server counted them, an id of −1 where it does not tell which. */
  readonly prompt: readonly number[];
  readonly completions: readonly {
    readonly tokens: readonly number[];
    readonly logProbs: readonly number[];
    /** Why it ended: stop, length, or something else. */
    readonly finish: string;
  }[];
}
