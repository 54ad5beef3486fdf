import { adapterConfigFile, adapterWeightsFile } from './adapter-config.js';
import { companionFiles } from './companion-files.js';
import { isDirectory } from './disk.js';
import {
  cachedSnapshot,
  type DownloadProgress,
  downloadToCache,
  type HubFile,
  type HubModel,
} from './hub-cache.js';
import { readJson } from './json-files.js';
import { parseShardIndex, shardIndexFile, singleFile } from './shard-plan.js';

export interface ResolveModelOptions {
  /** Where downloads are kept, in the layout of huggingface_hub. Default: the cache that it uses itself. */
  readonly cacheDirectory?: string;
  /** Access token for gated and private models. */
  readonly token?: string;
  /** Default https://huggingface.co. */
  readonly hubUrl?: string;
  readonly fetch?: typeof globalThis.fetch;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/**
 * The directory of a model or adapter: the source itself when it is one, otherwise the Hugging Face hub's
 * `owner/name`, or `owner/name@revision`, downloaded into the cache that Python shares. Only the files
 * that this package reads are fetched; an interrupted download resumes; without a
 * network, what the cache has of that revision is taken.
 *
 * @throws RangeError when the source is neither, or the hub has no such model or no weights in safetensors.
 */
export async function resolveModel(source: string, options: ResolveModelOptions = {}): Promise<string> {
  if (await isDirectory(source)) return source;
  const match = /^([\w-][\w.-]*\/[\w.-]+)(?:@([\w./-]+))?$/.exec(source);
  if (!match || match[2]?.split('/').includes('..')) {
    throw new RangeError(
      `resolveModel: "${source}" is no directory here; expected one, or a model of the hub as owner/name or owner/name@revision.`,
    );
  }
  // Loaded when needed: its browser build has no cache, and a directory needs no hub.
  const hub = await import('@huggingface/hub');
  const revision = match[2] ?? 'main';
  const access = {
    ...(options.token === undefined ? {} : { accessToken: options.token }),
    ...(options.hubUrl === undefined ? {} : { hubUrl: options.hubUrl }),
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  };
  const model: HubModel = {
    name: match[1]!,
    revision,
    cacheDirectory: options.cacheDirectory ?? hub.getHFHubCachePath(),
    access,
  };

  let commit: string;
  const files = new Map<string, HubFile>();
  try {
    const info = await hub.modelInfo({ name: model.name, revision, additionalFields: ['sha'], ...access });
    commit = info.sha;
    for await (const entry of hub.listFiles({ repo: model.name, revision: commit, ...access })) {
      if (entry.type === 'file') {
        files.set(entry.path, {
          path: entry.path,
          size: entry.size,
          tag: entry.lfs?.oid ?? entry.oid ?? entry.path,
        });
      }
    }
  } catch (cause) {
    const status = cause instanceof hub.HubApiError ? cause.statusCode : undefined;
    if (status === 401 || status === 403 || status === 404) {
      throw new RangeError(
        `resolveModel: "${source}" is no directory here, and the hub answers ${status} for it; ` +
          `expected a model that exists${options.token === undefined ? ' and is public (no token was given)' : ' and that the token may read'}.`,
        { cause },
      );
    }
    const cached = await cachedSnapshot(model);
    if (cached) return cached;
    throw new RangeError(
      `resolveModel: "${source}" is no directory here and not in the cache, and the hub cannot be reached (${(cause as Error).message}).`,
      { cause },
    );
  }

  const fetchFiles = (names: readonly string[], onProgress?: ResolveModelOptions['onProgress']) =>
    downloadToCache(
      model,
      commit,
      names.map((name) => files.get(name)!),
      onProgress,
    );
  const present = (names: readonly string[]) => names.filter((name) => files.has(name));

  // As in transformers: whatever else lies there, it is then an adapter of the model that it names.
  if (files.has(adapterConfigFile)) {
    return fetchFiles(
      present([adapterConfigFile, adapterWeightsFile, ...companionFiles]),
      options.onProgress,
    );
  }
  const small = present(['config.json', shardIndexFile, ...companionFiles]);
  const directory = await fetchFiles(small);
  let weights = [singleFile];
  if (!files.has(singleFile) && files.has(shardIndexFile)) {
    weights = [
      ...new Set(parseShardIndex(await readJson(directory, shardIndexFile), shardIndexFile).values()),
    ].sort();
  }
  const missing = weights.find((name) => !files.has(name));
  if (missing) {
    throw new RangeError(
      `resolveModel: "${source}" has no ${missing} on the hub; expected weights in the safetensors format.`,
    );
  }
  return fetchFiles(weights, options.onProgress);
}
