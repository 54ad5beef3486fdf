import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseSpec } from '@cppo/dataset';
import { isModulePath } from '@cppo/training';
import { isPlain, type Plain } from './read-file.js';

/**
 * Settings whose relative paths are made absolute: modules wherever they stand, `model`, `output`, `adapters` of the engine sampler,
 * and the files, folders and picture folders of `data.train` and `data.eval`. Names stay names: a hub id, `tiny` and `builtin:` mean a folder
 * only where there is one.
 *
 * @param base the configuration file's folder, or for an assignment the working directory.
 */
export function withPathsFrom(base: string, settings: Plain): Plain {
  const absolute = withModules(base, settings) as Plain;
  const { model, output, data, rollout } = absolute;
  if (typeof model === 'string') absolute.model = modelFrom(base, model);
  if (typeof output === 'string' && output !== '') absolute.output = resolve(base, output);
  if (isPlain(data)) {
    for (const key of ['train', 'eval']) if (key in data) data[key] = samplesFrom(base, data[key]);
  }
  const sampler = isPlain(rollout) ? rollout.sampler : undefined;
  if (isPlain(sampler) && sampler.name === 'engine' && typeof sampler.adapters === 'string')
    sampler.adapters = resolve(base, sampler.adapters);
  return absolute;
}

function withModules(base: string, value: unknown): unknown {
  if (typeof value === 'string') return isModulePath(value) ? resolve(base, value) : value;
  if (Array.isArray(value)) return value.map((item) => withModules(base, item));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withModules(base, item)]));
}

function modelFrom(base: string, model: string): string {
  return /^\.{1,2}([\\/]|$)/.test(model) || existsSync(resolve(base, model)) ? resolve(base, model) : model;
}

function samplesFrom(base: string, samples: unknown): unknown {
  if (typeof samples === 'string') return specFrom(base, samples);
  if (Array.isArray(samples)) {
    return samples.map((part) =>
      isPlain(part) && typeof part.source === 'string'
        ? { ...part, source: specFrom(base, part.source) }
        : part,
    );
  }
  if (!isPlain(samples) || typeof samples.name !== 'string') return samples;
  const name = specFrom(base, samples.name);
  const options: Plain = { ...samples, name };
  if (typeof options.cacheFolder === 'string') options.cacheFolder = resolve(base, options.cacheFolder);
  // In a hub set pictures lie where its own rows say.
  const isLocal = name !== samples.name || name.startsWith('/');
  if (isLocal && typeof options.imageRoot === 'string') options.imageRoot = resolve(base, options.imageRoot);
  return options;
}

const joint = ' + ';

function specFrom(base: string, spec: string): string {
  // A folder whose name holds what joins sets could not be written into their specification.
  if (base.includes(joint) || spec === 'none' || isModulePath(spec)) return spec;
  if (spec.startsWith('builtin:')) return spec;
  return spec
    .split(joint)
    .map((part) => partFrom(base, part))
    .join(joint);
}

/** `2*photos?limit=5` with the path made absolute. What cannot be read is left for the reader to refuse. */
function partFrom(base: string, part: string): string {
  const [, weight = '', rest = ''] = /^(\s*(?:\d+(?:\.\d+)?\*)?)([\s\S]*)$/.exec(part) ?? [];
  try {
    const [parsed] = parseSpec(rest, (path) => existsSync(resolve(base, path)));
    if (parsed?.location.kind !== 'local') return part;
    const { path } = parsed.location;
    const { imageRoot, ...options } = parsed.options;
    const query = imageRoot === undefined ? options : { ...options, imageRoot: resolve(base, imageRoot) };
    const text = new URLSearchParams(query).toString();
    return `${weight}${resolve(base, path)}${text === '' ? '' : `?${text}`}`;
  } catch {
    return part;
  }
}
