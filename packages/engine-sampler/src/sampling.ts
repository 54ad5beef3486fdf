/** What a model is asked, as it was said: turns and pictures. */
export interface ShownPrompt {
  readonly messages: readonly {
    readonly role: 'system' | 'user' | 'assistant';
    readonly content: readonly (
      | { readonly type: 'image' }
      | { readonly type: 'text'; readonly text: string }
    )[];
  }[];
  /** PNG files in the size in which the model sees them, in the order of the image parts. */
  readonly pictures: readonly Uint8Array[];
  /** The last message is the beginning of the answer, which completions continue. */
  readonly continueFinalMessage?: boolean;
}

/** A prompt to be answered. */
export interface PromptToAnswer {
  /** Decides what is sampled, together with the seed. */
  readonly id: string;
  /** Token ids, each picture as many image tokens as the model makes of it. */
  readonly prompt: { readonly ids: Int32Array };
  shown(): Promise<ShownPrompt>;
}

/** What the tokenizer of the trained policy knows. */
export interface KnownTokens {
  decode(ids: number[]): string;
  /** Ids that end a completion. */
  readonly stopIds?: readonly number[];
  readonly imageTokenId?: number;
}

/** A request for completions. */
export interface SamplingRequest {
  readonly policy: { readonly tokenizer: KnownTokens };
  readonly prompts: readonly PromptToAnswer[];
  /** G, completions a prompt. */
  readonly completions: number;
  /** Longest completion, tokens. */
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/** A completion as a server sampled it. */
export interface EngineCompletion {
  /** [T] the end token is included when it was sampled. */
  readonly tokens: Int32Array;
  /** [T] nats, by the server, at the temperature of the sampling. */
  readonly logProbs: Float32Array;
  /** Without special tokens. */
  readonly text: string;
  /** The length limit ended it. */
  readonly truncated: boolean;
  /** Of the weights that sampled it. */
  readonly version: number;
}

/** Weights to sample with from now on. */
export interface NewWeights {
  /** Counts updates; each is handed over once. */
  readonly version: number;
  /** Writes the adapters into a directory that is not there yet, in PEFT's format. */
  saveAdapters(directory: string): Promise<void>;
}

/** How far the servers' log-probabilities are from the policy's own, of the same tokens. */
export interface Comparison {
  /** mean |ℓ_policy − ℓ_server| over all tokens, nats. */
  readonly difference: number;
  /** Whether both had the same weights. */
  readonly current: boolean;
  /** Computes the difference from what the policy gives at temperature 1. */
  untempered(): Promise<number>;
}
