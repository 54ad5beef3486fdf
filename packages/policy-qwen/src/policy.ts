import * as tf from '@tensorflow/tfjs-core';
import { LoraAdapters } from './adapt/lora.js';
import { checkOptions } from './check-options.js';
import { parseQwenConfig, type QwenConfig } from './config.js';
import { checkPrompt, encodePrompt, resizeAsSeen } from './encode-prompt.js';
import { notesFile } from './files/companion-files.js';
import {
  companionCopies,
  type FileSink,
  type JsonObject,
  type ModelSource,
  writeAdapterDirectory,
  writeModelDirectory,
} from './files/index.js';
import type { WeightFormat } from './formats.js';
import { type GenerateOptions, generate } from './generate/generate.js';
import type { PixelBounds, RgbImage } from './image/index.js';
import { type Checkpointing, chooseCheckpointing } from './model/choose-checkpointing.js';
import { chooseFormats } from './model/choose-formats.js';
import { FeatureCache, seeImages } from './model/features.js';
import type { QwenModel } from './model/model.js';
import { storeParameter } from './model/store-parameter.js';
import { type RandomInit, randomParameters } from './model/variables.js';
import type { Parameter, Weight } from './model/weight.js';
import { arrangeWeights, isWeight } from './model/weights.js';
import { parameterShapes, storedName } from './parameters.js';
import type {
  CompanionFiles,
  Completion,
  LoadOptions,
  PolicyOptions,
  PolicyOrigin,
  PromptInput,
  SaveAdaptersOptions,
  SaveOptions,
} from './policy-options.js';
import type { EncodedPrompt } from './prompt.js';
import { isVision, type PolicyParts, readPolicy, trainableBy } from './read-policy.js';
import type { ScoreRequest } from './score/plan.js';
import { type ScoreOptions, score, type TokenScores } from './score/score.js';
import { QwenTokenizer } from './text/index.js';

/** Numbers of a weight that are held as float32 while it is written. */
const NUMBERS_AT_ONCE = 2 ** 22;

/**
 * A Qwen-VL model of any family (`families/`): it reads prompts, samples completions, scores them, is trained and saved.
 *
 * Runs on whichever TensorFlow.js backend is set when it is made.
 */
export class QwenPolicy {
  readonly config: QwenConfig;
  /** All parameters by published name; the patch embedding as a matrix. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly #companions: CompanionFiles | undefined;
  /** Where it was loaded from; undefined when it was not. */
  readonly origin: PolicyOrigin | undefined;
  readonly #tokenizer: QwenTokenizer | undefined;
  readonly #checkpointing: Checkpointing;
  readonly #cache: 'float32' | 'bfloat16';
  readonly #features: FeatureCache | undefined;
  #adapters: LoraAdapters | undefined;
  #adaptersOff = false;

  private constructor(parts: PolicyParts) {
    const { config, companions, options } = parts;
    this.config = config;
    this.parameters = parts.parameters;
    this.#companions = companions;
    this.origin = parts.origin;
    this.#tokenizer =
      parts.tokenizer ?? (companions && new QwenTokenizer({ ...companions, config: config.source }));
    this.#adapters = parts.adapters;
    const size = [...parts.parameters.values()].reduce((sum, variable) => sum + variable.size, 0);
    this.#checkpointing = options.checkpointing ?? chooseCheckpointing(size);
    this.#cache = options.cache ?? 'float32';
    const seesAlike = ![...parts.parameters].some(
      ([name, { variable }]) => isVision(name) && variable?.trainable,
    );
    const adapted = [...(parts.adapters?.factors.keys() ?? [])].some(isVision);
    this.#features = seesAlike && !adapted ? new FeatureCache(options.featureCache ?? 2 ** 26) : undefined;
  }

  /**
   * Loads a published or saved model, one tensor at a time.
   *
   * @param source a Hugging Face model directory, a LoRA adapter directory in PEFT's format (which names its model),
   *   a hub id (`owner/name` or `owner/name@revision`), the address of such a directory, or its files (as a file input
   *   gives them). What a folder is, and whose tokenizer is used, is decided as transformers and PEFT do.
   * @throws RangeError naming the file, key or tensor that is wrong, and what is expected.
   */
  static async load(source: ModelSource, options: LoadOptions = {}): Promise<QwenPolicy> {
    checkOptions('load', options);
    const read = await readPolicy(source, options);
    const parts = { ...read, ...(options.encoder && { tokenizer: options.encoder.tokenizer }) };
    try {
      return new QwenPolicy(parts);
    } catch (error) {
      for (const parameter of parts.parameters.values()) parameter.dispose();
      parts.adapters?.dispose();
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
    checkOptions('fromConfig', options);
    const parsed = parseQwenConfig(config);
    const trainable = trainableBy(options, options.lora !== undefined);
    const shapes = parameterShapes(parsed);
    const formats = chooseFormats(
      [...shapes].map(([name, shape]) => ({
        ...{ name, shape, trained: trainable(name), stored: 'float32' as const },
      })),
      options,
    );
    const parameters = new Map<string, Parameter>();
    for (const parameter of randomParameters(parsed, seed, init)) {
      const { name } = parameter;
      const storage = {
        format: formats.get(name) as WeightFormat,
        trainable: trainable(name),
        rounded: options.activations === 'bfloat16',
      };
      parameters.set(name, storeParameter(parameter, storage));
    }
    const adapters = options.lora && new LoraAdapters(shapes, options.lora, options.trainable);
    return new QwenPolicy({ config: parsed, parameters, companions: options.files, adapters, options });
  }

  /** @throws RangeError when the model was made without tokenizer files. */
  get tokenizer(): QwenTokenizer {
    return this.#withFiles('tokenizer').tokenizer;
  }

  /** What the model was trained with, from its `cppo.json`; undefined when it has none. */
  get notes(): JsonObject | undefined {
    return this.#companions?.notes;
  }

  /** The trained variables: adapters when there are any, otherwise all that are not frozen. */
  get variables(): readonly tf.Variable[] {
    const own = [...this.parameters.values()].flatMap(({ variable }) => variable ?? []);
    return [...own, ...(this.#adapters?.variables ?? [])].filter((variable) => variable.trainable);
  }

  /** [V, D] output embedding: its product with hidden states gives logits. */
  get headWeight(): Weight {
    return this.parameters.get(this.config.tied ? 'model.embed_tokens.weight' : 'lm_head.weight') as Weight;
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
  encode(input: PromptInput): EncodedPrompt {
    checkPrompt(input, 'QwenPolicy.encode');
    return encodePrompt(input, { ...this.#withFiles('encode'), config: this.config }, 'QwenPolicy.encode');
  }

  /**
   * An image in the size in which `encode` shows it to the model, to be changed there before it is encoded.
   *
   * @throws RangeError when it cannot be resized.
   */
  resize(image: RgbImage, pixels: PixelBounds = {}): RgbImage {
    const { companions } = this.#withFiles('resize');
    return resizeAsSeen(image, pixels, companions, 'QwenPolicy.resize');
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

  /**
   * Adds the adapters to the weights, W + scale·B·A, and drops them. The weights stay frozen, and in their format: a sum is
   * rounded to it, so that what lies below its step is lost (bfloat16 keeps 8 significant bits; int8 and nf4 far less, where
   * adapters are better kept apart). `save` merges in float32.
   */
  mergeAdapters(): void {
    const adapters = this.#adapters;
    if (!adapters) return;
    for (const module of adapters.factors.keys()) {
      const weight = this.parameters.get(`${module}.weight`) as Weight;
      const update = adapters.update(module);
      weight.add(update);
      update.dispose();
    }
    adapters.dispose();
    this.#adapters = undefined;
    this.#features?.clear();
  }

  /**
   * Writes the model in the layout of Hugging Face, adapters merged into the weights, under a temporary name that is then renamed.
   *
   * @param destination a directory, or what takes the files one after the other: an archive, say.
   * @throws RangeError when the directory holds files already, unless `overwrite` and it is a model.
   */
  async save(destination: string | FileSink, options: SaveOptions = {}): Promise<void> {
    checkOptions('save', options);
    const { dtype = 'bfloat16', notes = this.notes, ...rest } = options;
    const { companionSources, chatTemplate } = this.#companions ?? {};
    const copies = companionSources && (await companionCopies({ companionSources, chatTemplate }));
    const { copyFrom, files } = copies ?? { files: this.#companionFiles() };
    await writeModelDirectory(destination, {
      ...rest,
      config: withoutQuantization(this.config.source),
      dtype,
      ...(copyFrom && { copyFrom }),
      files: { ...files, ...(notes && { [notesFile]: notes }) },
      tensors: [...parameterShapes(this.config)].map(([name, shape]) => ({
        name: storedName(this.config, name),
        shape,
        data: () => this.#values(name),
      })),
    });
  }

  /**
   * Writes the adapters in PEFT's format.
   *
   * @param options.baseModel directory or hub id of the model they belong to. Default: the one they were loaded on.
   * @throws RangeError when there are none, or the model is unknown.
   */
  async saveAdapters(directory: string, options: SaveAdaptersOptions = {}): Promise<void> {
    checkOptions('saveAdapters', options);
    const adapters = this.#adapters;
    if (!adapters) throw new RangeError('QwenPolicy.saveAdapters: the policy has no adapters.');
    const baseModel = options.baseModel ?? this.origin?.model;
    if (baseModel === undefined) {
      throw new RangeError(
        'QwenPolicy.saveAdapters: baseModel is undefined; expected the model they belong to.',
      );
    }
    const { rank, alpha, dropout, rankStabilized } = adapters;
    await writeAdapterDirectory(directory, {
      notes: this.notes,
      ...options,
      baseModel,
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
    for (const parameter of this.parameters.values()) parameter.dispose();
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
      cache: this.#cache,
      see: (images) =>
        features
          ? features.see(images, weights.vision, config.vision)
          : seeImages(images, weights.vision, config.vision, this.#checkpointing),
    };
  }

  /** Some rows at a time, so that a large matrix is never held as float32. */
  async *#values(name: string): AsyncGenerator<Float32Array> {
    const parameter = this.parameters.get(name) as Parameter;
    if (!isWeight(parameter)) {
      yield await read(parameter.dense());
      return;
    }
    const module = name.replace(/\.weight$/, '');
    const adapters = this.#adapters?.factors.has(module) ? this.#adapters : undefined;
    const [rows, columns] = parameter.shape;
    const step = Math.max(1, Math.floor(NUMBERS_AT_ONCE / columns));
    for (let from = 0; from < rows; from += step) {
      const to = Math.min(from + step, rows);
      yield await read(
        tf.tidy(() => {
          const part = parameter.dense(from, to);
          return adapters ? tf.add(part, adapters.update(module, from, to)) : part;
        }),
      );
    }
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

/** Written weights are not quantised, whatever the source's format. */
function withoutQuantization({ quantization_config: _, ...config }: JsonObject): JsonObject {
  return config;
}

async function read(tensor: tf.Tensor): Promise<Float32Array> {
  const values = await tensor.data<'float32'>();
  tensor.dispose();
  return values;
}
