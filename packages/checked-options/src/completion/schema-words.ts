import type { Candidate, ValueWords } from './candidates.js';

/** What is used of JSON Schema. */
interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/**
 * Keys and values of a configuration, from its schema.
 *
 * @param schema  gives its JSON Schema, and is called where keys are asked for.
 * @param presets names of its starting points.
 */
export function schemaWords(
  schema: () => Readonly<Record<string, unknown>>,
  presets: readonly string[],
): ValueWords {
  return {
    assignment: async (word) => {
      const keys = keysOf(schema(), '');
      const equals = word.indexOf('=');
      if (equals < 0) return [...keys].map(([key, each]) => describe(`${key}=`, each));
      const key = word.slice(0, equals);
      const found = keys.get(key);
      return found === undefined ? [] : valuesOf(found).map((value) => describe(`${key}=${value}`, {}));
    },
    presets: async () => presets.map((name) => describe(name, {})),
  };
}

/** Keys that take a value, by dotted path; a part that can be left out is entered too. */
function keysOf(schema: Schema, path: string): Map<string, Schema> {
  const found = new Map<string, Schema>();
  for (const variant of variantsOf(schema)) {
    for (const [name, inner] of Object.entries(variant.properties ?? {})) {
      const key = path === '' ? name : `${path}.${name}`;
      if (key === '$schema' || key === 'preset') continue;
      const deeper = keysOf(inner, key);
      if (deeper.size === 0 || valuesOf(inner).length > 0) found.set(key, inner);
      for (const [each, leaf] of deeper) if (!found.has(each)) found.set(each, leaf);
    }
  }
  return found;
}

function variantsOf(schema: Schema): Schema[] {
  return [schema, ...(schema.anyOf ?? []).flatMap(variantsOf), ...(schema.oneOf ?? []).flatMap(variantsOf)];
}

function valuesOf(schema: Schema): string[] {
  const found = variantsOf(schema).flatMap((variant) => [
    ...(variant.enum ?? []),
    ...(variant.const === undefined ? [] : [variant.const]),
    ...(variant.type === 'boolean' ? [true, false] : []),
    ...(variant.type === 'null' ? ['null'] : []),
  ]);
  return [...new Set(found.map(String))];
}

function describe(word: string, { description = '' }: Schema): Candidate {
  return { word, description };
}
