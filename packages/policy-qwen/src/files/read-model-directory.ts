import { withAddedTokens } from './added-tokens.js';
import { notesFile, readingFiles } from './companion-files.js';
import { chooseCompanions } from './companion-sources.js';
import { holdsFile, isDirectory, listDirectory, readTextIfPresent } from './disk.js';
import type { Folder } from './folder.js';
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
  readonly directory: Folder;
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
  /** cppo.json: what the model, or the adapter on it, was trained with; undefined when there is none. */
  readonly notes: JsonObject | undefined;
  /** The folder that each file beside config and weights is read from: an adapter's own, or the model's. */
  readonly companionSources: ReadonlyMap<string, Folder>;
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
 * @param adapter folder of an adapter that is used with the model: its own tokenizer, processor, template and generation
 *   settings go before those of the model.
 * @throws RangeError naming the file and what is missing, surplus, truncated or malformed in it.
 */
export async function readModelDirectory(directory: Folder, adapter?: Folder): Promise<ModelFiles> {
  if (!(await isDirectory(directory))) {
    throw new RangeError(`readModelDirectory: ${directory} is not a directory.`);
  }
  const config = await readJson(directory, 'config.json');
  const sources = await companionSources(directory, adapter);
  const object = async (name: string) => {
    const place = sources.get(name);
    return place === undefined ? undefined : readJsonIfPresent(place, name);
  };
  const tokenizerConfig = (await object('tokenizer_config.json')) ?? {};
  const tokenizerJson = withAddedTokens(
    await readJson(sources.get('tokenizer.json') ?? directory, 'tokenizer.json'),
    tokenizerConfig,
    await object('added_tokens.json'),
  );
  const files = await readWeightHeaders(directory);
  return {
    directory,
    config,
    tokenizerJson,
    tokenizerConfig,
    preprocessorConfig:
      // transformers 5 saves all processors in one file and reads it first.
      imageProcessor(await object('processor_config.json')) ??
      (await readJson(sources.get('preprocessor_config.json') ?? directory, 'preprocessor_config.json')),
    generationConfig: (await object('generation_config.json')) ?? {},
    chatTemplate:
      (await readChatTemplate(sources, tokenizerConfig)) ??
      (adapter === undefined ? undefined : await ownTemplate(directory)),
    notes: await readNotes(directory),
    companionSources: sources,
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

/** What cppo.json holds; undefined when there is none. */
export async function readNotes(directory: Folder): Promise<JsonObject | undefined> {
  const names = await listDirectory(directory);
  return names.includes(notesFile) ? readJsonIfPresent(directory, notesFile) : undefined;
}

async function companionSources(directory: Folder, adapter?: Folder): Promise<ReadonlyMap<string, Folder>> {
  const base = { place: directory, names: await listDirectory(directory) };
  if (adapter === undefined || adapter === directory) {
    return new Map(readingFiles.filter((name) => base.names.includes(name)).map((name) => [name, directory]));
  }
  const names = await listDirectory(adapter);
  return chooseCompanions({ place: adapter, names, hasTemplate: await holdsTemplate(adapter) }, base);
}

async function holdsTemplate(directory: Folder): Promise<boolean> {
  return (await ownTemplate(directory)) !== undefined;
}

/** The template that a tokenizer_config.json holds. */
async function ownTemplate(directory: Folder): Promise<string | undefined> {
  const config = await readJsonIfPresent(directory, 'tokenizer_config.json');
  return config && templateSource(config.chat_template, 'tokenizer_config.json');
}

function imageProcessor(processorConfig: JsonObject | undefined): JsonObject | undefined {
  const together = processorConfig?.image_processor;
  return typeof together === 'object' && together !== null ? (together as JsonObject) : undefined;
}

/** In the order of transformers: chat_template.jinja, chat_template.json, the tokenizer's own. */
async function readChatTemplate(
  sources: ReadonlyMap<string, Folder>,
  tokenizerConfig: JsonObject,
): Promise<string | undefined> {
  const jinja = sources.get('chat_template.jinja');
  if (jinja !== undefined) return readTextIfPresent(jinja, 'chat_template.jinja');
  const legacy = sources.get('chat_template.json');
  if (legacy !== undefined) {
    const file = await readJson(legacy, 'chat_template.json');
    return templateSource(file.chat_template, 'chat_template.json');
  }
  return templateSource(tokenizerConfig.chat_template, 'tokenizer_config.json');
}

function templateSource(template: unknown, file: string): string | undefined {
  if (template === undefined || template === null) return undefined;
  if (typeof template === 'string') return template;
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

async function readWeightHeaders(directory: Folder): Promise<SafetensorsFile[]> {
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
  const files: SafetensorsFile[] = [];
  for (const shard of shards) {
    if (!(await holdsFile(directory, shard))) {
      throw new RangeError(
        `readModelDirectory: ${shardIndexFile} names ${shard}, which ${directory} does not have.`,
      );
    }
    files.push(await readSafetensorsHeader(directory, shard));
  }
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
