import { parseQwenConfig, type QwenConfig } from './config.js';
import { encodePrompt } from './encode-prompt.js';
import type { ModelFiles } from './files/index.js';
import { type PixelBounds, type RgbImage, resizeImage, withPixels } from './image/index.js';
import { storedFormats } from './load.js';
import type { WeightFormat } from './model/weight.js';
import { parameterShapes } from './parameters.js';
import type { JsonObject, LoadOptions, PromptInput } from './policy-options.js';
import type { EncodedPrompt } from './prompt.js';
import { openModelFiles } from './read-policy.js';
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
  /** For `QwenPolicy.load`. */
  readonly files: ModelFiles;
  /** Where the source is an adapter. */
  readonly adapterDirectory: string | undefined;

  private constructor(files: ModelFiles, adapterDirectory: string | undefined) {
    this.files = files;
    this.adapterDirectory = adapterDirectory;
    this.config = parseQwenConfig(files.config);
    this.tokenizer = new QwenTokenizer({ ...files, config: this.config.source });
    this.stored = storedFormats(files, parameterShapes(this.config).keys());
  }

  /**
   * @param source as for `QwenPolicy.load`; a model of the hub is downloaded where it is not there yet.
   * @throws RangeError naming the file or key that is wrong, and what is expected.
   */
  static async open(
    source: string,
    options: Pick<LoadOptions, 'adapter' | 'cacheDirectory' | 'token' | 'hubUrl' | 'onDownload'> = {},
  ): Promise<QwenEncoder> {
    const { files, adapterDirectory } = await openModelFiles(source, options);
    return new QwenEncoder(files, adapterDirectory);
  }

  /** As `QwenPolicy.notes`: those of an adapter go before those of its model. */
  get notes(): JsonObject | undefined {
    return this.files.notes;
  }

  /** As `QwenPolicy.encode`. */
  encode(input: PromptInput): EncodedPrompt {
    const { config, tokenizer, files: companions } = this;
    return encodePrompt(input, { config, tokenizer, companions }, 'QwenEncoder.encode');
  }

  /** As `QwenPolicy.resize`. */
  resize(image: RgbImage, pixels: PixelBounds = {}): RgbImage {
    return resizeImage(image, withPixels(this.files.preprocessorConfig, pixels));
  }
}
