import { LoraAdapters, type StoredAdapter } from './adapt/lora.js';
import { parseQwenConfig, type QwenConfig } from './config.js';
import { notesFile } from './files/companion-files.js';
import { listDirectory } from './files/disk.js';
import {
  type ModelFiles,
  parseAdapterTensorName,
  readAdapterDirectory,
  readModelDirectory,
  resolveModel,
} from './files/index.js';
import { type JsonObject, readJsonIfPresent } from './files/json-files.js';
import { loadParameters, type Parameters } from './load.js';
import { parameterShapes } from './parameters.js';
import type { CompanionFiles, LoadOptions, PolicyOptions } from './policy-options.js';
import type { QwenTokenizer } from './text/index.js';

/** What a policy is made of. */
export interface PolicyParts {
  readonly config: QwenConfig;
  readonly parameters: Parameters;
  readonly companions: CompanionFiles | undefined;
  /** Made of the companions before. */
  readonly tokenizer?: QwenTokenizer;
  /** The directory the companions were read from. */
  readonly origin?: string;
  readonly adapters: LoraAdapters | undefined;
  readonly options: PolicyOptions;
}

/** Finds the files of a model or of an adapter with its model; nothing but headers is read of their weights. */
export async function openModelFiles(
  source: string,
  options: Pick<LoadOptions, 'adapter' | 'cacheDirectory' | 'token' | 'hubUrl' | 'onDownload'>,
): Promise<{ readonly files: ModelFiles; readonly adapterDirectory: string | undefined }> {
  const { cacheDirectory, token, hubUrl, onDownload } = options;
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
  return { files: { ...files, notes: await notesOf(adapterDirectory, files.notes) }, adapterDirectory };
}

/** Reads a published or saved model; see `QwenPolicy.load`. */
export async function readPolicy(source: string, options: LoadOptions): Promise<PolicyParts> {
  const { files, adapterDirectory } = options.encoder ?? (await openModelFiles(source, options));
  const config = parseQwenConfig(files.config);
  const adapting = options.lora !== undefined || adapterDirectory !== undefined;
  const { parameters, tied } = await loadParameters(
    files,
    config,
    trainableBy(options, adapting),
    options,
    options.onProgress,
  );
  const shapes = parameterShapes(config);
  let adapters: LoraAdapters | undefined;
  try {
    adapters = await openAdapters(shapes, adapterDirectory, options);
    return {
      config: tied === config.tied ? config : untied(config),
      parameters,
      companions: files,
      origin: files.directory,
      adapters,
      options,
    };
  } catch (error) {
    for (const parameter of parameters.values()) parameter.dispose();
    adapters?.dispose();
    throw error;
  }
}

export function isVision(name: string): boolean {
  return name.startsWith('visual.');
}

/** Which parameters are trained. @param adapting whether adapters are trained in their place. */
export function trainableBy({ trainable = true, trainVision = true }: PolicyOptions, adapting: boolean) {
  return (name: string) => trainable && !adapting && (trainVision || !isVision(name));
}

function untied(config: QwenConfig): QwenConfig {
  return { ...config, tied: false, source: { ...config.source, tie_word_embeddings: false } };
}

/** Those of the adapter, or else of its model. */
async function notesOf(adapterDirectory: string | undefined, ofModel: JsonObject | undefined) {
  if (adapterDirectory === undefined) return ofModel;
  return (await readJsonIfPresent(adapterDirectory, notesFile)) ?? ofModel;
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
