import type { Completion, GenerateOptions, Policy } from '@cppo/grpo';
import type { RgbImage } from '@cppo/perturb';

/** The least that is known of an encoded prompt: its token ids. What else it holds is its policy's own. */
export interface Encoded {
  readonly ids: Int32Array;
}

/** Bounds on the pixels of a picture, in place of those of the model's preprocessor. */
export interface PixelBounds {
  readonly minPixels?: number | undefined;
  readonly maxPixels?: number | undefined;
}

/** A part of a message. An image part takes the next of the prompt's pictures. */
export type PromptPart = { readonly type: 'image' } | { readonly type: 'text'; readonly text: string };

/** A conversation and its pictures, as a policy is given them to encode. */
export interface PromptInput {
  readonly messages: readonly {
    readonly role: 'system' | 'user' | 'assistant';
    readonly content: PromptPart[];
  }[];
  readonly images: readonly RgbImage[];
  /** The last message is the beginning of the answer, which completions continue. */
  readonly continueFinalMessage?: boolean;
  readonly pixels?: PixelBounds;
}

/** Encodes prompts as its policy takes them; it needs no weights. */
export interface PromptEncoder<P extends Encoded> {
  encode(input: PromptInput): P;
  /** A picture in the size in which `encode` shows it to the model. */
  resize?(image: RgbImage, pixels: PixelBounds): RgbImage;
  /** What the model was trained with, as its `cppo.json` says. */
  readonly notes?: object | undefined;
  readonly tokenizer?: AnswerTokenizer | undefined;
}

/** Text of completions; `encode` and `tokenId` are for answers that are given, not sampled. */
export interface AnswerTokenizer {
  decode(ids: number[]): string;
  encode?(text: string): Int32Array;
  tokenId?(token: string): number | undefined;
  /** Ids that end a completion; what samples elsewhere needs them. */
  readonly stopIds?: readonly number[];
  /** Id of which an encoded picture has one or more. */
  readonly imageTokenId?: number;
}

/** How a step asks for completions. */
export interface SamplingOptions extends Partial<GenerateOptions> {
  readonly topK?: number;
  readonly topP?: number;
  /**
   * How many prompts equal to each stand before it in the batch, but on other learners: to be added to those of the
   * request, so that equal prompts get different completions. Given only where there are some.
   */
  readonly occurrences?: readonly number[];
  /** Above 1, tokens that occurred become less likely; `cppo generate` asks for it, training never. */
  readonly repetitionPenalty?: number;
  /** Called with every token as it is sampled. */
  readonly onToken?: (event: {
    readonly prompt: number;
    readonly completion: number;
    readonly token: number;
    readonly logProb: number;
  }) => void;
  /** Stops the sampling; the promise rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** What a run needs of a model. `QwenPolicy` of `@cppo/policy-qwen` is one; adapters are asked for only where it has some. */
export interface TrainedPolicy<P extends Encoded, Format extends string = string>
  extends PromptEncoder<P>,
    Policy<P> {
  generate(prompts: readonly P[], options?: SamplingOptions): Promise<Completion[][]>;
  readonly tokenizer: AnswerTokenizer;
  save(
    directory: string,
    options?: {
      readonly dtype?: 'bfloat16' | 'float32';
      readonly overwrite?: boolean;
      readonly notes?: object;
    },
  ): Promise<void>;
  saveAdapters(
    directory: string,
    options?: { readonly baseModel?: string; readonly notes?: object },
  ): Promise<void>;
  /** Runs a function with the adapters switched off: the policy as it was before training. */
  withoutAdapters<T>(work: () => T): T;
  /** The adapters that it trains. A policy without this property is assumed to train some when `lora` is set. */
  readonly adapters?: object | undefined;
  /** Which model it was loaded from, and whether that was an adapter itself. */
  readonly origin?: { readonly model: string; readonly adapted: boolean } | undefined;
  /** How each parameter is held, for reports. */
  readonly parameters?: ReadonlyMap<string, { readonly format: Format }>;
}
