/** Settings as a file, a preset or an assignment gives them. */
export type Plain = { [key: string]: unknown };

export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Puts a layer of settings over those there are, and notes where each was said. A component (`name` or `module`) takes none
 * of the options of the one that it replaces.
 *
 * @param target is changed.
 * @param source of the layer, in words.
 * @param sources where keys were said, by dotted path; is changed.
 */
export function mergeSettings(
  target: Plain,
  layer: Plain,
  source: string,
  sources: Map<string, string>,
  path = '',
): void {
  for (const [key, value] of Object.entries(layer)) {
    if (value === undefined) continue;
    const here = path === '' ? key : `${path}.${key}`;
    // An own property even when it is called __proto__, so that the schema sees and refuses it.
    const put = (item: unknown) =>
      Object.defineProperty(target, key, {
        value: item,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    if (isPlain(value)) {
      const earlier = Object.hasOwn(target, key) ? target[key] : undefined;
      const kept = isPlain(earlier) && !('name' in value || 'module' in value) ? earlier : undefined;
      if (kept === undefined) forget(sources, here);
      const inner = kept ?? {};
      put(inner);
      if (Object.keys(value).length === 0) sources.set(here, source);
      mergeSettings(inner, value, source, sources, here);
    } else {
      put(value);
      forget(sources, here);
      sources.set(here, source);
    }
  }
}

function forget(sources: Map<string, string>, path: string): void {
  for (const known of [...sources.keys()]) {
    if (known === path || known.startsWith(`${path}.`)) sources.delete(known);
  }
}
