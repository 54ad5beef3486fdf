import { withAddedTokens } from '../text/added-tokens.js';
import { isDirectory, listDirectory, readTextIfPresent } from './disk.js';
import { type JsonObject, readJson, readJsonIfPresent } from './json-files.js';
import {
  type LoadedTensor,
  type ReadProgress,
  readSafetensorsHeader,
  readStoredTensors,
  readTensors,
  type SafetensorsFile,
  type StoredTensor,
  withTensor,
} from './read-tensors.js';
import { parseShardIndex, shardIndexFile, singleFile } from './shard-plan.js';

/** What the header says of a tensor. */
export interface TensorInfo {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** The safetensors file that holds it. */
  readonly file: string;
}

/** A Hugging Face model directory: its small files, and its tensors to be streamed. */
export interface ModelFiles {
  readonly directory: string;
  /** config.json. */
  readonly config: JsonObject;
  /** preprocessor_config.json, or `image_processor` of processor_config.json, which goes before it. */
  readonly preprocessorConfig: JsonObject;
  /** generation_config.json; {} when there is none. */
  readonly generationConfig: JsonObject;
  /** tokenizer.json, with the tokens that only tokenizer_config.json or added_tokens.json know. */
  readonly tokenizerJson: JsonObject;
  /** tokenizer_config.json; {} when there is none. */
  readonly tokenizerConfig: JsonObject;
  /** Jinja source; undefined when the directory has none. */
  readonly chatTemplate: string | undefined;
  /** Every tensor by the name it is stored under. */
  readonly tensorIndex: ReadonlyMap<string, TensorInfo>;
  /** Streams every tensor as float32; only one is held at a time. */
  tensors(onProgress?: (progress: ReadProgress) => void): AsyncIterable<LoadedTensor>;
  /** Streams every tensor, to be read as it is wanted before the next. */
  stored(onProgress?: (progress: ReadProgress) => void): AsyncIterable<StoredTensor>;
  /** Reads one tensor by the name it is stored under. */
  tensor(name: string): Promise<LoadedTensor>;
  /** Opens one tensor for as long as `use` takes. */
  withTensor<T>(name: string, use: (tensor: StoredTensor) => Promise<T>): Promise<T>;
}

/**
 * Opens a model directory in the layout of Hugging Face. Reads the JSON files and the headers of the
 * weights, and checks that these agree; tensor data is read by `tensors()` only.
 *
 * @throws RangeError naming the file and what is missing, surplus, truncated or malformed in it.
 */
export async function readModelDirectory(directory: string): Promise<ModelFiles> {
  if (!(await isDirectory(directory))) {
    throw new RangeError(`readModelDirectory: ${directory} is not a directory.`);
  }
  const config = await readJson(directory, 'config.json');
  const tokenizerConfig = (await readJsonIfPresent(directory, 'tokenizer_config.json')) ?? {};
  const tokenizerJson = withAddedTokens(
    await readJson(directory, 'tokenizer.json'),
    tokenizerConfig,
    await readJsonIfPresent(directory, 'added_tokens.json'),
  );
  const files = await readWeightHeaders(directory);
  return {
    directory,
    config,
    tokenizerJson,
    tokenizerConfig,
    preprocessorConfig: await readPreprocessorConfig(directory),
    generationConfig: (await readJsonIfPresent(directory, 'generation_config.json')) ?? {},
    chatTemplate: await readChatTemplate(directory, tokenizerConfig),
    tensorIndex: new Map(
      files.flatMap(({ file, entries }) =>
        entries.map(({ name, shape, dtype }) => [name, { shape, dtype, file }] as const),
      ),
    ),
    tensors: (onProgress) => readTensors(directory, files, onProgress),
    stored: (onProgress) => readStoredTensors(directory, files, onProgress),
    tensor: (name) =>
      withTensor(directory, files, name, async (tensor) => {
        const { shape, dtype } = tensor;
        return { name, shape, dtype, data: await tensor.numbers() };
      }),
    withTensor: (name, use) => withTensor(directory, files, name, use),
  };
}

/** transformers 5 saves all processors in one file and reads it first. */
async function readPreprocessorConfig(directory: string): Promise<JsonObject> {
  const together = (await readJsonIfPresent(directory, 'processor_config.json'))?.image_processor;
  if (typeof together === 'object' && together !== null) return together as JsonObject;
  return readJson(directory, 'preprocessor_config.json');
}

/** In the order of transformers: chat_template.jinja, chat_template.json, the tokenizer's own. */
async function readChatTemplate(directory: string, tokenizerConfig: JsonObject): Promise<string | undefined> {
  const source = await readTextIfPresent(directory, 'chat_template.jinja');
  if (source !== undefined) return source;
  const legacy = await readJsonIfPresent(directory, 'chat_template.json');
  const template = legacy ? legacy.chat_template : tokenizerConfig.chat_template;
  const file = legacy ? 'chat_template.json' : 'tokenizer_config.json';
  if (template === undefined || template === null || typeof template === 'string')
    return template ?? undefined;
  if (Array.isArray(template)) {
    const named = template.find((entry) => (entry as JsonObject | null)?.name === 'default') as
      | JsonObject
      | undefined;
    if (typeof named?.template === 'string') return named.template;
  }
  throw new RangeError(
    `readModelDirectory: "chat_template" in ${file} is neither a string nor a list with a "default" entry.`,
  );
}

async function readWeightHeaders(directory: string): Promise<SafetensorsFile[]> {
  const present = await listDirectory(directory);
  if (present.includes(singleFile)) return [await readSafetensorsHeader(directory, singleFile)];
  if (!present.includes(shardIndexFile)) {
    const other = present.filter((name) => /\.(safetensors|bin|pth?|gguf|ckpt)$/.test(name));
    throw new RangeError(
      `readModelDirectory: ${directory} has neither ${singleFile} nor ${shardIndexFile}` +
        `${other.length > 0 ? ` (it has ${other.join(', ')})` : ''}; expected weights in the safetensors format.`,
    );
  }
  const placed = parseShardIndex(await readJson(directory, shardIndexFile), shardIndexFile);
  const shards = [...new Set(placed.values())].sort();
  const missing = shards.find((shard) => !present.includes(shard));
  if (missing) {
    throw new RangeError(
      `readModelDirectory: ${shardIndexFile} names ${missing}, which ${directory} does not have.`,
    );
  }
  const files: SafetensorsFile[] = [];
  for (const shard of shards) files.push(await readSafetensorsHeader(directory, shard));
  checkPlaces(placed, files);
  return files;
}

function checkPlaces(placed: ReadonlyMap<string, string>, files: readonly SafetensorsFile[]): void {
  const found = new Set<string>();
  for (const { file, entries } of files) {
    for (const { name } of entries) {
      if (placed.get(name) !== file) {
        throw new RangeError(
          `readModelDirectory: ${file} holds tensor "${name}", which ${shardIndexFile} ` +
            `${placed.has(name) ? `places in ${placed.get(name)}` : 'does not list'}.`,
        );
      }
      found.add(name);
    }
  }
  for (const [name, file] of placed) {
    if (!found.has(name)) {
      throw new RangeError(
        `readModelDirectory: ${shardIndexFile} places tensor "${name}" in ${file}, which does not hold it.`,
      );
    }
  }
}
