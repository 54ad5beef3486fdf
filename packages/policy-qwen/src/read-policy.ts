import { LoraAdapters, type StoredAdapter } from './adapt/lora.js';
import { requireSameAdapters } from './adapt/require-same-adapters.js';
import { parseQwenConfig, type QwenConfig } from './config.js';
import {
  type AdapterFiles,
  type ModelSource,
  type OpenedSource,
  openSource,
  parseAdapterTensorName,
} from './files/index.js';
import { loadParameters, type Parameters } from './load.js';
import { parameterShapes } from './parameters.js';
import type { CompanionFiles, LoadOptions, PolicyOptions, PolicyOrigin } from './policy-options.js';
import { requireSamePatches } from './require-same-patches.js';
import type { QwenTokenizer } from './text/index.js';

/** What a policy is made of. */
export interface PolicyParts {
  readonly config: QwenConfig;
  readonly parameters: Parameters;
  readonly companions: CompanionFiles | undefined;
  /** Made of the companions before. */
  readonly tokenizer?: QwenTokenizer;
  /** Where it was read from. */
  readonly origin?: PolicyOrigin;
  readonly adapters: LoraAdapters | undefined;
  readonly options: PolicyOptions;
}

/** What opening a source needs of the options of `QwenPolicy.load`. */
export type OpenOptions = Pick<
  LoadOptions,
  'adapter' | 'cacheDirectory' | 'token' | 'hubUrl' | 'onDownload' | 'onNotice'
>;

/** Finds the files of a model or of an adapter with its model; nothing but headers is read of their weights. */
export async function openModel(source: ModelSource, options: OpenOptions): Promise<OpenedSource> {
  const { adapter, cacheDirectory, token, hubUrl, onDownload, onNotice = console.warn } = options;
  const opened = await openSource(source, {
    ...(adapter === undefined ? {} : { adapter }),
    ...(cacheDirectory === undefined ? {} : { cacheDirectory }),
    ...(token === undefined ? {} : { token }),
    ...(hubUrl === undefined ? {} : { hubUrl }),
    ...(onDownload === undefined ? {} : { onProgress: onDownload }),
    onNotice,
  });
  const { config, preprocessorConfig } = opened.files;
  requireSamePatches(preprocessorConfig, parseQwenConfig(config), 'QwenPolicy.load');
  return opened;
}

/** Reads a published or saved model; see `QwenPolicy.load`. */
export async function readPolicy(source: ModelSource, options: LoadOptions): Promise<PolicyParts> {
  // An encoder of the model knows nothing of adapters that are asked for beside it.
  const known = options.adapter === undefined ? options.encoder?.opened : undefined;
  const opened = known ?? (await openModel(source, options));
  const { files, adapter, baseModel, adapted } = opened;
  const config = parseQwenConfig(files.config);
  const adapting = options.lora !== undefined || adapter !== undefined;
  if (adapter && options.lora) requireSameAdapters(options.lora, adapter, lowRank(adapter));
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
    adapters = await openAdapters(shapes, adapter, options);
    return {
      config: tied === config.tied ? config : untied(config),
      parameters,
      companions: files,
      origin: { model: baseModel, adapted },
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

async function openAdapters(
  shapes: ReadonlyMap<string, readonly number[]>,
  files: AdapterFiles | undefined,
  { lora, trainable = true }: LoadOptions,
): Promise<LoraAdapters | undefined> {
  if (files === undefined) return lora && new LoraAdapters(shapes, lora, trainable);
  const stored = new Map<string, { A?: Float32Array; B?: Float32Array }>();
  for await (const { name, data } of files.tensors()) {
    const parsed = parseAdapterTensorName(name);
    if (!parsed) continue;
    stored.set(parsed.module, { ...stored.get(parsed.module), [parsed.factor]: data });
  }
  const pairs = new Map(
    [...stored].map(([module, { A, B }]) => [module, { down: A, up: B } as StoredAdapter]),
  );
  const dropout = lora?.dropout ?? files.dropout;
  return new LoraAdapters(shapes, { ...lowRank(files), dropout }, trainable, pairs);
}

function lowRank({ rank, alpha, rankStabilized }: AdapterFiles) {
  return { rank, alpha, rankStabilized };
}
