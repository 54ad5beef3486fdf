/** Whether two lists of settings, `key=value` with different keys, say the same, in whatever order. */
export function sameSettings(one: readonly string[], other: readonly string[]): boolean {
  return JSON.stringify(one.toSorted()) === JSON.stringify(other.toSorted());
}
