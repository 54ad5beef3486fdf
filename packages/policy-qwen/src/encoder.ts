import { requireNames } from '@cppo/checked-options';
import { parseQwenConfig, type QwenConfig } from './config.js';
import { checkPrompt, encodePrompt, resizeAsSeen } from './encode-prompt.js';
import type { JsonObject, ModelFiles, ModelSource, OpenedSource } from './files/index.js';
import type { WeightFormat } from './formats.js';
import type { PixelBounds, RgbImage } from './image/index.js';
import { storedFormats } from './load.js';
import { parameterShapes } from './parameters.js';
import type { PromptInput } from './policy-options.js';
import type { EncodedPrompt } from './prompt.js';
import { type OpenOptions, openModel } from './read-policy.js';
import { QwenTokenizer } from './text/index.js';

/**
 * What is known of a model without its weights: dimensions, tokenizer, image processor, and how the weights are stored. Opening it
 * reads the headers of the weight files only, and starts no engine.
 */
export class QwenEncoder {
  readonly config: QwenConfig;
  readonly tokenizer: QwenTokenizer;
  /** How the files hold each parameter, by published name. */
  readonly stored: ReadonlyMap<string, WeightFormat>;
  readonly files: ModelFiles;
  /** For `QwenPolicy.load`. */
  readonly opened: OpenedSource;

  private constructor(opened: OpenedSource) {
    const { files } = opened;
    this.opened = opened;
    this.files = files;
    this.config = parseQwenConfig(files.config);
    this.tokenizer = new QwenTokenizer({ ...files, config: this.config.source });
    this.stored = storedFormats(files, parameterShapes(this.config).keys());
  }

  /**
   * @param source as for `QwenPolicy.load`; a model of the hub is downloaded where it is not there yet.
   * @throws RangeError naming the file, key or option that is wrong, and what is expected.
   */
  static async open(source: ModelSource, options: OpenOptions = {}): Promise<QwenEncoder> {
    requireNames('QwenEncoder.open', options, {
      ...{ adapter: true, cacheDirectory: true, token: true, hubUrl: true },
      ...{ onDownload: true, onNotice: true },
    });
    return new QwenEncoder(await openModel(source, options));
  }

  /** As `QwenPolicy.notes`: those of an adapter go before those of its model. */
  get notes(): JsonObject | undefined {
    return this.files.notes;
  }

  /** As `QwenPolicy.encode`. */
  encode(input: PromptInput): EncodedPrompt {
    checkPrompt(input, 'QwenEncoder.encode');
    const { config, tokenizer, files: companions } = this;
    return encodePrompt(input, { config, tokenizer, companions }, 'QwenEncoder.encode');
  }

  /** As `QwenPolicy.resize`. */
  resize(image: RgbImage, pixels: PixelBounds = {}): RgbImage {
    return resizeAsSeen(image, pixels, this.files, 'QwenEncoder.resize');
  }
}
