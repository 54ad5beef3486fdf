import { describeValue, requireNames } from '@cppo/checked-options';
import { Tokenizer } from '@huggingface/tokenizers';
import { familyOf } from '../families/index.js';
import { withAddedTokens } from '../files/added-tokens.js';
import type { JsonObject } from '../files/json-files.js';
import {
  type ChatTemplate,
  type ChatTemplateOptions,
  compileChatTemplate,
  defaultChatTemplate,
  type Message,
} from './chat-template.js';
import { expandImageTokens } from './image-tokens.js';

/** The files a tokenizer is made of, parsed; `ModelFiles` has them all. */
export interface TokenizerFiles {
  readonly tokenizerJson: JsonObject;
  readonly tokenizerConfig: JsonObject;
  /** config.json, for its family, the ids of the vision tokens and, failing others, the end token. */
  readonly config: JsonObject;
  readonly generationConfig?: JsonObject;
  /** Jinja source; without one, that of the published models of the family. */
  readonly chatTemplate?: string | undefined;
}

export interface DecodeOptions {
  /** Leave out tokens marked special, such as the end of a turn. Default true. */
  readonly skipSpecialTokens?: boolean;
}

/**
 * Text to token ids and back for one model. Everything special is read from the model's own files.
 *
 * Immutable; all methods are functions of their arguments.
 */
export class QwenTokenizer {
  /** `image_token_id` of the config: the token that stands for a patch of an image. */
  readonly imageTokenId: number;
  /** Ids that belong to the prompt only and must never be sampled: image and video pads, vision start and end. */
  readonly visionIds: readonly number[];
  /** Ids that end a completion: those of generation_config.json (else config.json), and the tokenizer's own end token. */
  readonly stopIds: readonly number[];
  /** Id for padding. */
  readonly padId: number;
  /** Ids with a token of their own; rows of the embedding from here on are padding. */
  readonly size: number;

  readonly #tokenizer: Tokenizer;
  readonly #template: ChatTemplate;
  readonly #videoTokenId: number | undefined;

  /** @throws RangeError when an id that the model needs is missing, is no id, or stands for nothing in tokenizer.json. */
  constructor(files: TokenizerFiles) {
    const { tokenizerJson, tokenizerConfig, config, generationConfig = {} } = files;
    if (typeof tokenizerJson.model !== 'object' || tokenizerJson.model === null) {
      throw new RangeError(
        'QwenTokenizer: tokenizer.json has no "model"; expected a tokenizer of the tokenizers library.',
      );
    }
    this.#tokenizer = new Tokenizer(withAddedTokens(tokenizerJson, tokenizerConfig), tokenizerConfig);
    const named = namedTokens(tokenizerConfig);
    this.#template = compileChatTemplate(
      files.chatTemplate ?? defaultChatTemplate(familyOf(config.model_type).defaultSystem),
      named,
    );
    let size = 0;
    for (const id of this.#tokenizer.get_vocab().values()) size = Math.max(size, id + 1);
    this.size = size;
    this.#checkEmbedding(config);

    this.imageTokenId = this.#known(configId(config, 'image_token_id', true)!, 'image_token_id');
    const others = [
      'video_token_id',
      'vision_start_token_id',
      'vision_end_token_id',
      'vision_token_id',
    ] as const;
    this.visionIds = [
      ...new Set([
        this.imageTokenId,
        ...others.map((key) => configId(config, key, false)).filter((id) => id !== undefined),
      ]),
    ];

    this.#videoTokenId = configId(config, 'video_token_id', false);

    const text = (config.text_config ?? {}) as JsonObject;
    const endToken = named.eos_token;
    // A generation_config.json may name other ends than the one that the chat template writes.
    const own = endToken === undefined ? undefined : this.#tokenizer.token_to_id(endToken);
    const end = [
      ...(idList(generationConfig.eos_token_id, 'eos_token_id in generation_config.json') ??
        idList(config.eos_token_id ?? text.eos_token_id, 'eos_token_id in config.json') ??
        []),
      ...(own === undefined ? [] : [own]),
    ];
    if (end.length === 0) {
      throw new RangeError(
        'QwenTokenizer: no eos_token_id in generation_config.json or config.json and no known eos_token in tokenizer_config.json; expected one of them.',
      );
    }
    this.stopIds = [...new Set(end)].map((id) => this.#known(id, 'eos_token_id'));
    const padToken = named.pad_token;
    this.padId =
      (padToken === undefined ? undefined : this.#tokenizer.token_to_id(padToken)) ??
      idList(
        generationConfig.pad_token_id ?? config.pad_token_id ?? text.pad_token_id,
        'pad_token_id',
      )?.[0] ??
      this.stopIds[0]!;
  }

  /** Token ids of a text. Special tokens written out in it become their ids; nothing is added. */
  encode(text: string): Int32Array {
    if (typeof text !== 'string') {
      throw new RangeError(`QwenTokenizer.encode: the text is ${describeValue(text)}, expected a string.`);
    }
    return Int32Array.from(this.#tokenizer.encode(text, { add_special_tokens: false }).ids);
  }

  /**
   * Text of token ids. Bytes that are no whole UTF-8 character become U+FFFD; ids beyond the vocabulary
   * (padding rows of the embedding) become nothing.
   */
  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    requireNames('QwenTokenizer.decode', options, { skipSpecialTokens: true });
    const { skipSpecialTokens = true } = options;
    const known = Array.from(ids).filter((id) => this.#tokenizer.id_to_token(id) !== undefined);
    if (known.length === 0) return '';
    return this.#tokenizer.decode(known, {
      skip_special_tokens: skipSpecialTokens,
      clean_up_tokenization_spaces: false,
    });
  }

  /**
   * Renders a conversation by the model's chat template.
   *
   * @throws RangeError when an option is unknown.
   */
  applyChatTemplate(messages: readonly Message[], options: ChatTemplateOptions = {}): string {
    requireNames('QwenTokenizer.applyChatTemplate', options, {
      addGenerationPrompt: true,
      continueFinalMessage: true,
      variables: true,
    });
    return this.#template(messages, options);
  }

  /**
   * Token ids of a conversation with images: template, encoding, and each image token repeated to the
   * number of tokens its image has.
   *
   * @param grids     [t, h, w] in patches of every image, in order of appearance, from `prepareImage`.
   * @param mergeSize `spatial_merge_size` of the vision config.
   * @throws RangeError when images and image tokens differ in number, or there is a video.
   */
  encodePrompt(
    messages: readonly Message[],
    grids: readonly (readonly [number, number, number])[],
    mergeSize: number,
    options?: ChatTemplateOptions,
  ): Int32Array {
    const ids = this.encode(this.applyChatTemplate(messages, options));
    if (this.#videoTokenId !== undefined && ids.includes(this.#videoTokenId)) {
      throw new RangeError(
        `encodePrompt: the prompt has a video token (${this.token(this.#videoTokenId)}); expected text and images only.`,
      );
    }
    return expandImageTokens(ids, this.imageTokenId, grids, mergeSize);
  }

  /** The id of a token written as in tokenizer.json; undefined when there is none. */
  tokenId(token: string): number | undefined {
    return this.#tokenizer.token_to_id(token);
  }

  /** The token of an id, as written in tokenizer.json (bytes in their printable form). */
  token(id: number): string | undefined {
    return this.#tokenizer.id_to_token(id);
  }

  /** An id beyond the embedding would be found out in the middle of a run, if at all. */
  #checkEmbedding(config: JsonObject): void {
    const { vocab_size: rows } = (config.text_config ?? config) as JsonObject;
    if (typeof rows !== 'number' || this.size <= rows) return;
    throw new RangeError(
      `QwenTokenizer: the tokenizer has ${this.size} tokens (the last is ${JSON.stringify(this.token(this.size - 1))}), and the ` +
        `embedding ${rows} rows (vocab_size in config.json); expected a row for every token, ` +
        "as transformers' resize_token_embeddings makes them.",
    );
  }

  #known(id: number, key: string): number {
    if (this.#tokenizer.id_to_token(id) === undefined) {
      throw new RangeError(
        `QwenTokenizer: ${key} is ${id}, which tokenizer.json (${this.size} tokens) has no token for.`,
      );
    }
    return id;
  }
}

function configId(config: JsonObject, key: string, required: boolean): number | undefined {
  const value = config[key];
  if ((value === undefined || value === null) && !required) return undefined;
  if (!Number.isInteger(value) || (value as number) < 0) {
    throw new RangeError(
      `QwenTokenizer: "${key}" in config.json is ${JSON.stringify(value)}; expected a token id.`,
    );
  }
  return value as number;
}

function idList(value: unknown, key: string): number[] | undefined {
  if (value === undefined || value === null) return undefined;
  const list = Array.isArray(value) ? value : [value];
  if (!list.every((id) => Number.isInteger(id) && id >= 0)) {
    throw new RangeError(
      `QwenTokenizer: ${key} is ${JSON.stringify(value)}; expected a token id or a list of them.`,
    );
  }
  return list as number[];
}

/** `eos_token`, `pad_token`, …: in tokenizer_config.json a string, or an object with the string as `content`. */
function namedTokens(tokenizerConfig: JsonObject): Record<string, string> {
  const named: Record<string, string> = {};
  for (const [key, value] of Object.entries(tokenizerConfig)) {
    if (!key.endsWith('_token')) continue;
    const content = typeof value === 'object' && value !== null ? (value as JsonObject).content : value;
    if (typeof content === 'string') named[key] = content;
  }
  return named;
}
