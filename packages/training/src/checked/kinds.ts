import { shown } from '@cppo/checked-options';

/** True for an object that has these methods. */
export function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
  );
}

/** What a value is, as a message says it. */
export function aKind(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Promise) return 'a promise';
  if (typeof value === 'object') {
    const keys = Object.entries(value).map(([key, each]) =>
      typeof each === 'number' ? `${key}: ${each}` : key,
    );
    return `an object with ${keys.slice(0, 8).join(', ') || 'no keys'}${keys.length > 8 ? ', …' : ''}`;
  }
  return typeof value === 'function' ? 'a function' : shown(value);
}
