import { shown } from '@cppo/checked-options';

/**
 * Checks that a value is an object with the given methods.
 *
 * @param value anything.
 * @param names of the methods.
 * @returns true when it has all of them.
 * @example
 * hasMethods(new Map(), 'get', 'set'); // true
 */
export function hasMethods(value: unknown, ...names: readonly string[]): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
  );
}

/**
 * Names the kind of a value for a message.
 *
 * @param value anything.
 * @returns a phrase such as `a list of 3`.
 * @example
 * aKind([1, 2, 3]); // 'a list of 3'
 * aKind({ accuracy: 1, why: '' }); // 'an object with accuracy: 1, why'
 */
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
