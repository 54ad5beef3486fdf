/** A part of a message. An image part takes the next of the conversation's pictures. */
export type ChatPart = { readonly type: 'image' } | { readonly type: 'text'; readonly text: string };

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: ChatPart[];
}

export interface SampledToken {
  /** Number of the prompt in the batch, and of its completion. */
  readonly prompt: number;
  readonly completion: number;
  readonly token: number;
  /** Nats. */
  readonly logProb: number;
}

/** A whole completion. */
export interface Sampled {
  readonly tokens: ArrayLike<number>;
  /** Nats, one a token. */
  readonly logProbs: ArrayLike<number>;
  readonly text: string;
  /** The length limit ended it. */
  readonly truncated: boolean;
}

export interface SamplingOptions {
  /** Completions of each prompt. */
  readonly completions: number;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onToken: (event: SampledToken) => void;
}

/** What is served. P is a prompt as the model takes it. */
export interface ChatModel<P> {
  /** By which requests name it. */
  readonly name: string;
  /** Tokens of a prompt and its completion together, at most. */
  readonly context: number;
  /** Tokens of a completion, at most. */
  readonly longest: number;
  /**
   * @param pictures files as they were sent, in the order of the image parts.
   * @throws RangeError, told to the client, when a picture cannot be read.
   */
  encode(messages: readonly ChatMessage[], pictures: readonly Uint8Array[]): P | Promise<P>;
  lengthOf(prompt: P): number;
  /** Samples the completions of several prompts together. */
  generate(prompts: readonly P[], options: SamplingOptions): Promise<readonly (readonly Sampled[])[]>;
  /** Without special tokens. */
  decode(tokens: number[]): string;
}
