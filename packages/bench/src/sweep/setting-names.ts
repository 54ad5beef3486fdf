import type { Settings } from './settings.js';

/** Characters of a value's part of a name. */
const longest = 60;

/**
 * Shortens keys to their last parts, as many as keep them apart.
 *
 * @param keys of all settings that names are made of.
 * @returns what makes `key=value` of settings, with the short keys.
 */
export function shortKeys(keys: readonly string[]): (settings: Settings) => string[] {
  const different = [...new Set(keys)];
  const short = new Map(different.map((key) => [key, shortest(key, different)]));
  return (settings) =>
    Object.entries(settings).map(([key, value]) => `${short.get(key) ?? key}=${inWords(value)}`);
}

/** Name of a run's directory, from its parts. */
export function armName(parts: readonly string[]): string {
  return parts.map((part) => part.replace(/[^\w.+=-]+/g, '-').replace(/^[-.]+|-+$/g, '')).join(',');
}

function shortest(key: string, keys: readonly string[]): string {
  const parts = key.split('.');
  for (let kept = 1; kept < parts.length; kept++) {
    const end = parts.slice(-kept).join('.');
    if (!keys.some((other) => other !== key && (other === end || other.endsWith(`.${end}`)))) return end;
  }
  return key;
}

/** A file or folder is called by its last part. */
function inWords(value: unknown): string {
  const text = typeof value === 'string' ? (value.split('/').at(-1) ?? value) : JSON.stringify(value);
  return text.replace(/["{}[\]]/g, '').slice(0, longest);
}
