import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseSpec } from './parse-spec.js';

const joint = ' + ';

/**
 * Makes the relative paths of a data set specification absolute, and those of its `imageRoot`. What names no file or
 * folder there, and what cannot be parsed, stays as it is.
 *
 * @param base folder at which the paths start.
 * @param spec a specification, as `parseSpec` takes it.
 * @returns the specification with its paths.
 * @example
 * resolveSpec('/data', 'a.jsonl?limit=5 + me/set'); // '/data/a.jsonl?limit=5 + me/set'
 */
export function resolveSpec(base: string, spec: string): string {
  // A folder whose name holds what joins sets could not be written into their specification.
  if (base.includes(joint)) return spec;
  return spec
    .split(joint)
    .map((part) => resolvePart(base, part))
    .join(joint);
}

/** `2*photos?limit=5` with the path made absolute. What cannot be read is left for the reader to refuse. */
function resolvePart(base: string, part: string): string {
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
