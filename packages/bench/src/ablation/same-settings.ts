/**
 * Compares two lists of settings, `key=value` with different keys, ignoring order.
 *
 * @param one list.
 * @param other list.
 * @returns true when they are equal.
 * @example
 * sameSettings(['a=1', 'b=2'], ['b=2', 'a=1']); // true
 */
export function sameSettings(one: readonly string[], other: readonly string[]): boolean {
  return JSON.stringify(one.toSorted()) === JSON.stringify(other.toSorted());
}

/** Settings of all arms, `key=value`; what is given besides replaces the key's own. */
export function withOverrides(settings: readonly string[], given: readonly string[]): string[] {
  const key = (assignment: string) => assignment.slice(0, Math.max(0, assignment.indexOf('=')));
  return [...settings.filter((one) => !given.some((other) => key(other) === key(one))), ...given];
}
