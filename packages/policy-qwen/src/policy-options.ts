import type { LoraOptions } from './adapt/lora.js';
import type { DownloadProgress, Folder, JsonObject, ModelSource, OpenedSource } from './files/index.js';
import type { WeightFormat } from './formats.js';
import type { PixelBounds, RgbImage } from './image/index.js';
import type { Checkpointing } from './model/choose-checkpointing.js';
import type { Message, QwenTokenizer } from './text/index.js';

/** The files of a model directory beside config and weights. */
export interface CompanionFiles {
  readonly tokenizerJson: JsonObject;
  readonly tokenizerConfig: JsonObject;
  readonly preprocessorConfig: JsonObject;
  readonly generationConfig?: JsonObject;
  /** Jinja source; without one, that of the published models. */
  readonly chatTemplate?: string | undefined;
  /** What the model was trained with, as `cppo.json` keeps it. */
  readonly notes?: JsonObject | undefined;
  /** The folder that each of the files was read from, to copy it byte for byte. */
  readonly companionSources?: ReadonlyMap<string, Folder>;
}

/** How a policy is trained and run. */
export interface PolicyOptions {
  /** False freezes everything. Default true. */
  readonly trainable?: boolean;
  /** False freezes the vision tower, whose results are then cached per image. Default true. */
  readonly trainVision?: boolean;
  /** Trains low-rank adapters instead of the weights. */
  readonly lora?: LoraOptions;
  /**
   * What the forward pass keeps for the backward pass: all activations (`none`), the input of every layer (`layers`, each
   * computed once more), or √L inputs of L layers (`segments`, each computed twice more).
   * Default: by the number of parameters; `layers` from 50 million on, `segments` from a billion on.
   */
  readonly checkpointing?: Checkpointing;
  /**
   * How frozen matrices are held: `bfloat16` (16 bits, what is published), `int8` (8 bits and a scale for each output), `nf4`
   * (4 bits and a scale for each 64 numbers; embedding and head get 8 bits, matrices of less than 4096 numbers 16).
   * Vectors and what is trained are float32 always. Only engines that have the kernels of @cppo/engine can multiply others.
   * Default: as the files have them where the engine can, otherwise float32.
   */
  readonly weights?: WeightFormat;
  /**
   * How products with narrow weights are computed. `float32`: with their exact values, in float32. `bfloat16`: what enters
   * the product (or its gradient) and the weight are rounded to bfloat16, sums are float32, which is faster where the processor
   * multiplies bfloat16. Nothing else is rounded: not the results, not norms, attention or softmax, nor products with float32
   * weights such as adapters. Default float32.
   */
  readonly activations?: 'float32' | 'bfloat16';
  /** How keys and values are held while sampling; `bfloat16` takes half the memory. Default float32. */
  readonly cache?: 'float32' | 'bfloat16';
  /** Numbers that the cache of a frozen vision tower holds at most. Default 2²⁶ (256 MB). */
  readonly featureCache?: number;
}

/** A source that was opened before, with its tokenizer; a `QwenEncoder` is one. */
export interface OpenedModel {
  readonly opened: OpenedSource;
  readonly tokenizer: QwenTokenizer;
}

/** Where a model comes from, beside its source. */
export interface LoadOptions extends PolicyOptions {
  /**
   * A LoRA adapter in PEFT's format: directory, hub id, address or files; in the place of one that the source itself holds.
   * `lora` beside it may say what it is, and choose its dropout.
   */
  readonly adapter?: ModelSource;
  /** Told, in a sentence, what was decided where a folder could mean two things. Default `console.warn`. */
  readonly onNotice?: (sentence: string) => void;
  /** The same source, opened before: its small files are not read again. */
  readonly encoder?: OpenedModel;
  /** Where downloads are kept. Default: the cache that Python's huggingface_hub uses. */
  readonly cacheDirectory?: string;
  /** Access token for gated and private models of the hub. */
  readonly token?: string;
  /** Address of the hub. Default https://huggingface.co. */
  readonly hubUrl?: string;
  /** Called while files are downloaded. */
  readonly onDownload?: (progress: DownloadProgress) => void;
  /** Called after each tensor. */
  readonly onProgress?: (progress: {
    readonly bytesRead: number;
    readonly bytesTotal: number;
    readonly name: string;
  }) => void;
}

/** Where a loaded policy comes from. */
export interface PolicyOrigin {
  /** What its model, adapters aside, can be loaded by: a directory, a hub id or an address. */
  readonly model: string;
  /** Whether the source was an adapter (or held one), so that the policy without adapters is not what was loaded. */
  readonly adapted: boolean;
}

/** What a prompt is made of. */
export interface PromptInput {
  /** A user's turn: its images, then this text. */
  readonly prompt?: string;
  /** A whole conversation instead; every image part takes the next of `images`. */
  readonly messages?: readonly Message[];
  readonly images?: readonly RgbImage[];
  /** The last of `messages` is the beginning of the answer, which completions continue. Default false. */
  readonly continueFinalMessage?: boolean;
  /** Bounds on the pixels of an image in place of those of `preprocessor_config.json`. */
  readonly pixels?: PixelBounds;
}

/** One sampled answer to a prompt. */
export interface Completion {
  /** [T] sampled token ids; the end token is included when it was sampled. */
  readonly tokens: Int32Array;
  /**
   * [T] log-probabilities (nats) of `tokens` under the whole distribution at the sampling temperature (at 1 when it is 0):
   * truncation, repetition penalty and banned tokens do not enter, so that `score` gives the same.
   */
  readonly logProbs: Float32Array;
  /** `tokens` decoded, without special tokens. */
  readonly text: string;
  /** True when the length limit, not an end token, stopped it. */
  readonly truncated: boolean;
}

export interface SaveOptions {
  /** Default bfloat16. */
  readonly dtype?: 'bfloat16' | 'float32';
  /** Replace a model that is already there; of a directory only. Default false. */
  readonly overwrite?: boolean;
  /** Most bytes of tensors in one file. Default 5·10⁹. */
  readonly maxShardBytes?: number;
  /** What the model was trained with, written as `cppo.json`. Default: what was read with it. */
  readonly notes?: JsonObject;
}

export interface SaveAdaptersOptions {
  /** Directory or hub id of the model they belong to. Default: the one they were loaded on. */
  readonly baseModel?: string;
  /** Replace an adapter that is already there. Default false. */
  readonly overwrite?: boolean;
  /** What it was trained with, written as `cppo.json`. Default: what was read with it or its model. */
  readonly notes?: JsonObject;
}
