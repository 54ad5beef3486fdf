/** A key of the configuration in which some differ, and its value in each; `–` where it is not set. */
export interface DifferingSetting {
  readonly key: string;
  readonly values: readonly string[];
}

/**
 * Keys in which configurations differ, `a.b.c`, in the order in which they stand there. Lists are values of their own.
 *
 * @param configs as they are resolved.
 * @param without keys of the first level that are left out.
 * @returns a key each, with a value for each configuration.
 */
export function differingSettings(
  configs: readonly object[],
  without: readonly string[] = [],
): DifferingSetting[] {
  const flat = configs.map((config) => new Map(leaves(config, '')));
  const keys = [...new Set(flat.flatMap((each) => [...each.keys()]))];
  return keys
    .filter((key) => !without.some((left) => key === left || key.startsWith(`${left}.`)))
    .map((key) => ({ key, values: flat.map((each) => each.get(key) ?? '–') }))
    .filter(({ values }) => new Set(values).size > 1);
}

function leaves(value: object, path: string): [string, string][] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]): [string, string][] => {
    const key = path === '' ? name : `${path}.${name}`;
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) return leaves(inner, key);
    return inner === undefined ? [] : [[key, typeof inner === 'string' ? inner : JSON.stringify(inner)]];
  });
}
