import * as tf from '@tensorflow/tfjs-core';
import { LoraAdapters, type LoraOptions, type StoredAdapter } from './adapt/lora.js';
import { parseQwenConfig, type QwenConfig } from './config.js';
import { isDirectory, listDirectory } from './files/disk.js';
import {
  type DownloadProgress,
  parseAdapterTensorName,
  readAdapterDirectory,
  readModelDirectory,
  resolveModel,
  writeAdapterDirectory,
  writeModelDirectory,
} from './files/index.js';
import { type GenerateOptions, generate } from './generate/generate.js';
import { prepareImage, type RgbImage } from './image/index.js';
import { loadParameters } from './load.js';
import type { Checkpointing } from './model/checkpointing.js';
import { FeatureCache, seeImages } from './model/features.js';
import type { QwenModel } from './model/model.js';
import { createVariable, type RandomInit, randomParameters } from './model/variables.js';
import { arrangeWeights } from './model/weights.js';
import { parameterShapes } from './parameters.js';
import type { EncodedPrompt } from './prompt.js';
import { ropeIndex } from './rope-index.js';
import type { ScoreRequest } from './score/plan.js';
import { type ScoreOptions, score, type TokenScores } from './score/score.js';
import { type Message, QwenTokenizer } from './text/index.js';

type JsonObject = Readonly<Record<string, unknown>>;

/** The files of a model directory beside config and weights. */
export interface CompanionFiles {
  readonly tokenizerJson: JsonObject;
  readonly tokenizerConfig: JsonObject;
  readonly preprocessorConfig: JsonObject;
  readonly generationConfig?: JsonObject;
  /** Jinja source; without one, that of the published models. */
  readonly chatTemplate?: string | undefined;
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
  /** Numbers that the cache of a frozen vision tower holds at most. Default 2²⁶ (256 MB). */
  readonly featureCache?: number;
}

/** Where a model comes from, beside its source. */
export interface LoadOptions extends PolicyOptions {
  /** A LoRA adapter in PEFT's format: directory or hub id. */
  readonly adapter?: string;
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

/** What a prompt is made of. */
export interface PromptInput {
  /** A user's turn: its images, then this text. */
  readonly prompt?: string;
  /** A whole conversation instead; every image part takes the next of `images`. */
  readonly messages?: readonly Message[];
  readonly images?: readonly RgbImage[];
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
  /** Replace a model that is already there. Default false. */
  readonly overwrite?: boolean;
  /** Most bytes of tensors in one file. Default 5·10⁹. */
  readonly maxShardBytes?: number;
}

function checkpointingFor(parameters: number): Checkpointing {
  return parameters < 5e7 ? 'none' : parameters < 1e9 ? 'layers' : 'segments';
}

/**
 * A Qwen2.5-VL model: it reads prompts, samples completions, scores them, is trained and saved.
 *
 * Runs on whichever TensorFlow.js backend is set when it is made.
 */
export class QwenPolicy {
  readonly config: QwenConfig;
  /** All parameters by published name; the patch embedding as a matrix. */
  readonly parameters: ReadonlyMap<string, tf.Variable>;
  readonly #companions: CompanionFiles | undefined;
  /** The directory the companions were read from, to copy them byte for byte. */
  readonly #origin: string | undefined;
  readonly #tokenizer: QwenTokenizer | undefined;
  readonly #checkpointing: Checkpointing;
  readonly #features: FeatureCache | undefined;
  #adapters: LoraAdapters | undefined;
  #adaptersOff = false;

  private constructor(parts: {
    config: QwenConfig;
    parameters: ReadonlyMap<string, tf.Variable>;
    companions: CompanionFiles | undefined;
    origin?: string;
    adapters: LoraAdapters | undefined;
    options: PolicyOptions;
  }) {
    const { config, companions, options } = parts;
    this.config = config;
    this.parameters = parts.parameters;
    this.#companions = companions;
    this.#origin = parts.origin;
    this.#tokenizer = companions && new QwenTokenizer({ ...companions, config: config.source });
    this.#adapters = parts.adapters;
    const size = [...parts.parameters.values()].reduce((sum, variable) => sum + variable.size, 0);
    this.#checkpointing = options.checkpointing ?? checkpointingFor(size);
    const seesAlike = ![...parts.parameters].some(([name, variable]) => isVision(name) && variable.trainable);
    const adapted = [...(parts.adapters?.factors.keys() ?? [])].some(isVision);
    this.#features = seesAlike && !adapted ? new FeatureCache(options.featureCache ?? 2 ** 26) : undefined;
  }

  /**
   * Loads a published or saved model, one tensor at a time.
   *
   * @param source a Hugging Face model directory, a LoRA adapter directory in PEFT's format (which names its model),
   *   or a hub id: `owner/name` or `owner/name@revision`.
   * @throws RangeError naming the file, key or tensor that is wrong, and what is expected.
   */
  static async load(source: string, options: LoadOptions = {}): Promise<QwenPolicy> {
    const { cacheDirectory, token, hubUrl, onDownload, onProgress } = options;
    const resolve = (name: string) =>
      resolveModel(name, {
        ...(cacheDirectory === undefined ? {} : { cacheDirectory }),
        ...(token === undefined ? {} : { token }),
        ...(hubUrl === undefined ? {} : { hubUrl }),
        ...(onDownload === undefined ? {} : { onProgress: onDownload }),
      });
    let directory = await resolve(source);
    let adapterDirectory = options.adapter === undefined ? undefined : await resolve(options.adapter);
    if (await isAdapter(directory)) {
      adapterDirectory = directory;
      const { baseModel } = await readAdapterDirectory(directory);
      if (!baseModel)
        throw new RangeError(`QwenPolicy.load: the adapter ${source} does not name its base model.`);
      directory = await resolve(baseModel);
    }
    const files = await readModelDirectory(directory);
    const config = parseQwenConfig(files.config);
    const adapting = options.lora !== undefined || adapterDirectory !== undefined;
    const { parameters, tied } = await loadParameters(
      files,
      config,
      trainableBy(options, adapting),
      onProgress,
    );
    const shapes = parameterShapes(config);
    let adapters: LoraAdapters | undefined;
    try {
      adapters = await openAdapters(shapes, adapterDirectory, options);
      return new QwenPolicy({
        config: tied === config.tied ? config : untied(config),
        parameters,
        companions: files,
        origin: directory,
        adapters,
        options,
      });
    } catch (error) {
      tf.dispose([...parameters.values()]);
      adapters?.dispose();
      throw error;
    }
  }

  /**
   * A model with random weights.
   *
   * @param config as in config.json.
   * @param init how weights are drawn; see `RandomInit`.
   * @param options with `files` it can encode text and be saved.
   */
  static fromConfig(
    config: unknown,
    seed = 0,
    init: RandomInit = 'fan-in',
    options: PolicyOptions & { readonly files?: CompanionFiles } = {},
  ): QwenPolicy {
    const parsed = parseQwenConfig(config);
    const trainable = trainableBy(options, options.lora !== undefined);
    const parameters = new Map<string, tf.Variable>();
    for (const parameter of randomParameters(parsed, seed, init)) {
      parameters.set(parameter.name, createVariable(parameter, trainable(parameter.name)));
    }
    const adapters =
      options.lora && new LoraAdapters(parameterShapes(parsed), options.lora, options.trainable);
    return new QwenPolicy({ config: parsed, parameters, companions: options.files, adapters, options });
  }

  /** @throws RangeError when the model was made without tokenizer files. */
  get tokenizer(): QwenTokenizer {
    return this.#withFiles('tokenizer').tokenizer;
  }

  /** The trained variables: adapters when there are any, otherwise all that are not frozen. */
  get variables(): readonly tf.Variable[] {
    const all = [...this.parameters.values(), ...(this.#adapters?.variables ?? [])];
    return all.filter((variable) => variable.trainable);
  }

  /** [V, D] output embedding that turns hidden states into logits. */
  get headWeight(): tf.Tensor2D {
    const name = this.config.tied ? 'model.embed_tokens.weight' : 'lm_head.weight';
    return this.parameters.get(name) as tf.Tensor as tf.Tensor2D;
  }

  /** The low-rank adapters; undefined when there are none. */
  get adapters(): LoraAdapters | undefined {
    return this.#adapters;
  }

  /**
   * Encodes a prompt: images become patches, text the chat template's tokens, images in it as many
   * image tokens as they have merge units.
   *
   * @throws RangeError when images and image parts differ in number or an image cannot be resized.
   */
  encode({ prompt, messages, images = [] }: PromptInput): EncodedPrompt {
    if ((prompt === undefined) === (messages === undefined)) {
      throw new RangeError('QwenPolicy.encode: expected either prompt or messages.');
    }
    const { tokenizer, companions } = this.#withFiles('encode');
    const prepared = images.map((image) => prepareImage(image, companions.preprocessorConfig));
    const grids = prepared.map(({ grid }) => grid);
    const turns = messages ?? [
      {
        role: 'user',
        content: [
          ...images.map(() => ({ type: 'image' as const })),
          { type: 'text' as const, text: prompt as string },
        ],
      },
    ];
    const ids = tokenizer.encodePrompt(turns, grids, this.config.vision.mergeSize);
    return { ids, images: prepared, ...ropeIndex(ids, grids, this.config) };
  }

  /**
   * Samples completions of some prompts, all together; a prompt runs once for all of its completions.
   *
   * What is sampled depends on the seed, the prompt and the number of the completion only, not on the rest of the batch
   * (of equal prompts in a batch each gets its own). Image, video and vision-start/end tokens are never sampled.
   *
   * @throws RangeError when an option is out of range.
   */
  async generate(prompts: readonly EncodedPrompt[], options: GenerateOptions = {}): Promise<Completion[][]> {
    const { image, video, visionStart, visionEnd, end } = this.config.tokens;
    const sampled = await generate(this.#model(), prompts, options, {
      stopIds: this.#tokenizer?.stopIds ?? end,
      bannedIds: this.#tokenizer?.visionIds ?? [image, video, visionStart, visionEnd],
    });
    return sampled.map((group) =>
      group.map((completion) => ({ ...completion, text: this.#tokenizer?.decode(completion.tokens) ?? '' })),
    );
  }

  /**
   * Log-probabilities and entropies of completions, differentiable in `variables` under `tf.variableGrads`.
   * A prompt runs once for all of its completions, and gradients flow into it from all of them.
   */
  score(requests: readonly ScoreRequest[], options: ScoreOptions = {}): TokenScores {
    return score(this.#model(options.dropoutSeed), requests, options);
  }

  /** Runs a function with the adapters switched off: the policy as it was before training. */
  withoutAdapters<T>(f: () => T): T {
    const before = this.#adaptersOff;
    this.#adaptersOff = true;
    try {
      return f();
    } finally {
      this.#adaptersOff = before;
    }
  }

  /** Adds the adapters to the weights, W + scale·B·A, and drops them. The weights stay frozen. */
  mergeAdapters(): void {
    const adapters = this.#adapters;
    if (!adapters) return;
    for (const module of adapters.factors.keys()) {
      const weight = this.parameters.get(`${module}.weight`) as tf.Variable;
      tf.tidy(() => weight.assign(tf.add(weight, adapters.update(module))));
    }
    adapters.dispose();
    this.#adapters = undefined;
    this.#features?.clear();
  }

  /**
   * Writes the model in the layout of Hugging Face, adapters merged into the weights, under a temporary name that is then renamed.
   *
   * @throws RangeError when the directory holds files already, unless `overwrite` and it is a model.
   */
  async save(directory: string, options: SaveOptions = {}): Promise<void> {
    const { dtype = 'bfloat16', ...rest } = options;
    const copied = this.#origin !== undefined && (await isDirectory(this.#origin));
    await writeModelDirectory(directory, {
      ...rest,
      config: this.config.source,
      dtype,
      ...(copied ? { copyFrom: this.#origin as string } : {}),
      files: copied ? {} : this.#companionFiles(),
      tensors: [...parameterShapes(this.config)].map(([name, shape]) => ({
        name,
        shape,
        data: () => this.#values(name),
      })),
    });
  }

  /**
   * Writes the adapters in PEFT's format.
   *
   * @param baseModel directory or hub id of the model they belong to.
   * @throws RangeError when there are none.
   */
  async saveAdapters(
    directory: string,
    options: { readonly baseModel: string; readonly overwrite?: boolean },
  ): Promise<void> {
    const adapters = this.#adapters;
    if (!adapters) throw new RangeError('QwenPolicy.saveAdapters: the policy has no adapters.');
    const { rank, alpha, dropout, rankStabilized } = adapters;
    await writeAdapterDirectory(directory, {
      ...options,
      rank,
      alpha,
      dropout,
      rankStabilized,
      factors: [...adapters.factors].flatMap(([module, { down, up }]) =>
        (
          [
            ['A', down],
            ['B', up],
          ] as const
        ).map(([factor, variable]) => ({
          module,
          factor,
          shape: variable.shape as [number, number],
          data: async () => (await variable.data()) as Float32Array,
        })),
      ),
    });
  }

  /** Frees all tensors. */
  dispose(): void {
    tf.dispose([...this.parameters.values()]);
    this.#adapters?.dispose();
    this.#features?.clear();
  }

  #model(dropoutSeed?: number): QwenModel {
    const { config } = this;
    const adapters = this.#adaptersOff ? undefined : this.#adapters;
    const weights = arrangeWeights(config, this.parameters, adapters?.layers(dropoutSeed) ?? new Map());
    const features = this.#features;
    return {
      config,
      weights,
      checkpointing: this.#checkpointing,
      see: (images) =>
        features
          ? features.see(images, weights.vision, config.vision)
          : seeImages(images, weights.vision, config.vision, this.#checkpointing),
    };
  }

  async #values(name: string): Promise<Float32Array> {
    const variable = this.parameters.get(name) as tf.Variable;
    const module = name.replace(/\.weight$/, '');
    if (!name.endsWith('.weight') || !this.#adapters?.factors.has(module)) {
      return (await variable.data()) as Float32Array;
    }
    const merged = tf.tidy(() => tf.add(variable, (this.#adapters as LoraAdapters).update(module)));
    const values = (await merged.data()) as Float32Array;
    merged.dispose();
    return values;
  }

  #companionFiles(): Record<string, string | JsonObject> {
    const files = this.#companions;
    if (!files) return {};
    return {
      'tokenizer.json': files.tokenizerJson,
      'tokenizer_config.json': files.tokenizerConfig,
      'preprocessor_config.json': files.preprocessorConfig,
      ...(files.generationConfig ? { 'generation_config.json': files.generationConfig } : {}),
      ...(files.chatTemplate === undefined ? {} : { 'chat_template.jinja': files.chatTemplate }),
    };
  }

  #withFiles(method: string): { tokenizer: QwenTokenizer; companions: CompanionFiles } {
    if (!this.#tokenizer || !this.#companions) {
      throw new RangeError(
        `QwenPolicy.${method}: the policy was made without tokenizer files, expected options.files.`,
      );
    }
    return { tokenizer: this.#tokenizer, companions: this.#companions };
  }
}

function isVision(name: string): boolean {
  return name.startsWith('visual.');
}

function trainableBy({ trainable = true, trainVision = true }: PolicyOptions, adapting: boolean) {
  return (name: string) => trainable && !adapting && (trainVision || !isVision(name));
}

function untied(config: QwenConfig): QwenConfig {
  return { ...config, tied: false, source: { ...config.source, tie_word_embeddings: false } };
}

async function isAdapter(directory: string): Promise<boolean> {
  const names = await listDirectory(directory);
  return names.includes('adapter_config.json') && !names.includes('config.json');
}

async function openAdapters(
  shapes: ReadonlyMap<string, readonly number[]>,
  directory: string | undefined,
  { lora, trainable = true }: LoadOptions,
): Promise<LoraAdapters | undefined> {
  if (directory === undefined) return lora && new LoraAdapters(shapes, lora, trainable);
  const files = await readAdapterDirectory(directory);
  const stored = new Map<string, { A?: Float32Array; B?: Float32Array }>();
  for await (const { name, data } of files.tensors()) {
    const parsed = parseAdapterTensorName(name);
    if (!parsed) continue;
    stored.set(parsed.module, { ...stored.get(parsed.module), [parsed.factor]: data });
  }
  const { rank, alpha, dropout, rankStabilized } = files;
  const pairs = new Map(
    [...stored].map(([module, { A, B }]) => [module, { down: A, up: B } as StoredAdapter]),
  );
  return new LoraAdapters(shapes, { rank, alpha, dropout, rankStabilized }, trainable, pairs);
}
