import { type AdapterConfig, adapterConfigFile, parseAdapterConfig } from './adapter-config.js';
import { readingFiles } from './companion-files.js';
import { isDirectory, listDirectory, pathOf } from './disk.js';
import type { Folder } from './folder.js';
import { type GivenFiles, GivenFolder } from './given-files.js';
import { readJson } from './json-files.js';
import { type AdapterFiles, readAdapterDirectory } from './read-adapter-directory.js';
import { type ModelFiles, readModelDirectory, readNotes } from './read-model-directory.js';
import { type ResolveModelOptions, resolveModel } from './resolve-model.js';
import { shardIndexFile, singleFile } from './shard-plan.js';
import { UrlFolder } from './url-folder.js';

/** Where a model or adapter is: a directory, a hub id, an address, or the files themselves. */
export type ModelSource = string | URL | GivenFiles;

export interface OpenSourceOptions extends ResolveModelOptions {
  /** An adapter, in the place of one that the source itself holds. */
  readonly adapter?: ModelSource;
  /** Told, in a sentence, what was decided where a folder could mean two things. */
  readonly onNotice: (sentence: string) => void;
}

/** A model with its companions, and the adapter that belongs on it. */
export interface OpenedSource {
  readonly files: ModelFiles;
  readonly adapter: AdapterFiles | undefined;
  /** The model, adapters aside, as a name that it can be loaded by again. */
  readonly baseModel: string;
  /** Whether the source itself holds an adapter. */
  readonly adapted: boolean;
}

/**
 * Opens what `QwenPolicy.load` is given, and decides as transformers 5 does what a folder is:
 *
 * - with adapter_config.json, an adapter of the model that it names, even beside a config.json and a tokenizer;
 * - with the weights of a model as well, that model with the adapter on it;
 * - otherwise a model.
 *
 * A tokenizer, processor, template or generation_config.json beside an adapter takes precedence over the model's.
 *
 * @throws RangeError naming the file, key or tensor that is wrong, or the base model that is not there.
 */
export async function openSource(source: ModelSource, options: OpenSourceOptions): Promise<OpenedSource> {
  const place = await locate(source, options);
  const own = (await listDirectory(place)).includes(adapterConfigFile)
    ? parseAdapterConfig(await readJson(place, adapterConfigFile))
    : undefined;
  const given = options.adapter === undefined ? undefined : await locate(options.adapter, options);
  const base = own === undefined ? place : await baseOf(place, own, options);
  const adapterPlace = given ?? (own === undefined ? undefined : place);
  const adapter = adapterPlace === undefined ? undefined : await readAdapterDirectory(adapterPlace);
  const beside = await besideAdapter(given, own === undefined ? undefined : place);
  const named = own === undefined || base === place ? String(source) : own.baseModel;
  const files = await readModelDirectory(base, beside);
  // What was trained last says how.
  const ofGiven = given === undefined ? undefined : await readNotes(given);
  const ofOwn = own === undefined ? undefined : await readNotes(place);
  return {
    files: { ...files, notes: ofGiven ?? ofOwn ?? files.notes },
    adapter,
    baseModel: named ?? String(base),
    adapted: own !== undefined,
  };
}

async function locate(source: ModelSource, options: ResolveModelOptions): Promise<Folder> {
  if (typeof source === 'string') {
    return /^https?:\/\//.test(source)
      ? new UrlFolder(new URL(source), options.fetch)
      : resolveModel(source, options);
  }
  if (!(source instanceof URL)) return new GivenFolder(source);
  if (source.protocol !== 'file:') return new UrlFolder(source, options.fetch);
  return resolveModel(await pathOf(source), options);
}

/** The folder of the model that an adapter belongs on. */
async function baseOf(place: Folder, own: AdapterConfig, options: OpenSourceOptions): Promise<Folder> {
  const names = await listDirectory(place);
  if (names.includes('config.json') && (names.includes(singleFile) || names.includes(shardIndexFile))) {
    options.onNotice(
      `${place} holds the weights of a model and an adapter: the adapter is put on that model, as transformers does ` +
        `(without ${adapterConfigFile} it would be the model alone).`,
    );
    return place;
  }
  const key = `"base_model_name_or_path" in ${adapterConfigFile}`;
  if (own.baseModel === undefined) {
    throw new RangeError(
      `QwenPolicy.load: the adapter ${place} does not name the model that it belongs on; expected ${key}.`,
    );
  }
  let base: Folder;
  try {
    base = await locate(await withRevision(own.baseModel, own.revision), options);
  } catch (cause) {
    throw new RangeError(
      `QwenPolicy.load: the adapter ${place} belongs on ${JSON.stringify(own.baseModel)} (${key}), which cannot be opened: ` +
        `${(cause as Error).message} Put it back, or name there where it is now.`,
      { cause },
    );
  }
  const found = await listDirectory(base);
  if (found.includes(adapterConfigFile)) {
    throw new RangeError(
      `QwenPolicy.load: the adapter ${place} belongs on ${JSON.stringify(own.baseModel)} (${key}), which is an adapter itself; ` +
        'expected a model.',
    );
  }
  return base;
}

async function withRevision(model: string, revision: string | undefined): Promise<string> {
  const ofHub = revision !== undefined && !model.includes('@') && !(await isDirectory(model));
  return ofHub ? `${model}@${revision}` : model;
}

/** The adapter's folder with files of its own beside it. */
async function besideAdapter(...places: (Folder | undefined)[]): Promise<Folder | undefined> {
  for (const place of places) {
    if (place === undefined) continue;
    const names = await listDirectory(place);
    if (readingFiles.some((name) => names.includes(name))) return place;
  }
  return undefined;
}
