import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { isPlain, type Plain } from '@cppo/checked-options';
import { resolveSpec } from '@cppo/dataset';
import { isModulePath } from '@cppo/training';

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

/** The names that are neither: no samples, a built-in task, a module, which is absolute already. */
function specFrom(base: string, spec: string): string {
  return spec === 'none' || spec.startsWith('builtin:') || isModulePath(spec)
    ? spec
    : resolveSpec(base, spec);
}
