import type { z } from 'zod';
import { nearestKeys } from './nearest-keys.js';
import { shown } from './shown.js';

/**
 * What is wrong with a value, in one sentence: the key, where it was said, what was found, what is expected.
 *
 * @param schema of the whole configuration, to know the nearest key at a misspelt one.
 * @param sources where keys were said, by dotted path.
 * @param prefix path of the value that the schema describes, when it is a part of something.
 */
export function describeIssue(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  sources: ReadonlyMap<string, string> = new Map(),
  prefix = '',
): string {
  const dotted = (keys: readonly PropertyKey[]) =>
    [...(prefix === '' ? [] : [prefix]), ...keys.map(String)].join('.');
  const at = (path: string): string => {
    const source = sources.get(path);
    return source === undefined || source.startsWith('--set') ? path : `${path} (${source})`;
  };
  const { path, found } = deepest(issue);
  if (found.code === 'unrecognized_keys') {
    const key = found.keys[0]!;
    const near = nearestKeys(key, path, keysIn(schema)).map(dotted);
    const known = [...knownKeys(schema, path)];
    const hint =
      near.length > 0
        ? ` Did you mean ${near.join(' or ')}?`
        : known.length > 0
          ? ` There are ${known.join(', ')}.`
          : '';
    return `${at(dotted([...path, key]))}: unknown key.${hint}`;
  }
  return `${at(dotted(path)) || 'the configuration'}: found ${shown(found.input)}, expected ${expectation(found)}.`;
}

/** Of a union, the branch that the value comes nearest to: the one whose complaint lies inside it. */
function deepest(
  issue: z.core.$ZodIssue,
  path: readonly PropertyKey[] = [],
): { path: readonly PropertyKey[]; found: z.core.$ZodIssue } {
  const here = [...path, ...issue.path];
  if (issue.code === 'invalid_union') {
    const branches = issue.errors.map((inner) => inner.toSorted((a, b) => relevance(b) - relevance(a))[0]!);
    const [best, second] = branches
      .filter((inner) => relevance(inner) > 0)
      .sort((a, b) => relevance(b) - relevance(a));
    // When several forms only lack something, none of them is meant more than the others.
    if (best !== undefined && relevance(best) === 1 && second !== undefined)
      return { path: here, found: issue };
    if (best !== undefined) return deepest(best, here);
  }
  return { path: here, found: issue };
}

/** A complaint about the value as a whole only says that it has another form; about a missing key, not much more. */
function relevance({ code, path, input }: z.core.$ZodIssue): number {
  if (code === 'unrecognized_keys') return 3;
  if (path.length === 0) return 0;
  return input === undefined ? 1 : 2;
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return issue.values.length === 1
        ? JSON.stringify(issue.values[0])
        : `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      if (issue.origin === 'string') return 'a text that is not empty';
      if (issue.origin === 'array') return `at least ${issue.minimum} of them`;
      return `a number ${issue.inclusive ? 'of at least' : 'above'} ${issue.minimum}`;
    case 'too_big':
      return `a number ${issue.inclusive ? 'of at most' : 'below'} ${issue.maximum}`;
    case 'invalid_type':
      return issue.expected === 'int'
        ? 'a whole number'
        : issue.expected === 'never'
          ? 'either a name or a module'
          : (named[issue.expected] ?? `a ${issue.expected}`);
    default:
      return issue.message;
  }
}

const named: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'an object',
  boolean: 'true or false',
};

function knownKeys(schema: unknown, path: readonly PropertyKey[]): Set<string> {
  let schemas = [schema];
  for (const key of path) {
    schemas = schemas.flatMap((each) =>
      objectsIn(each).flatMap(({ shape, element }) =>
        element !== undefined ? [element] : shape?.[String(key)] ? [shape[String(key)]] : [],
      ),
    );
  }
  return new Set(schemas.flatMap(objectsIn).flatMap(({ shape }) => Object.keys(shape ?? {})));
}

/** Paths of all keys of a schema, at any depth. */
function keysIn(schema: unknown, path: readonly string[] = []): string[][] {
  const shapes = objectsIn(schema).flatMap(({ shape }) => Object.entries(shape ?? {}));
  const found = new Map(shapes.map(([key, inner]) => [key, inner]));
  return [...found].flatMap(([key, inner]) => [[...path, key], ...keysIn(inner, [...path, key])]);
}

interface Inner {
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: unknown;
}

/** Object and list schemas behind defaults, wrappers and unions. */
function objectsIn(schema: unknown): Inner[] {
  const { shape, def } = (schema ?? {}) as {
    shape?: Inner['shape'];
    def?: { innerType?: unknown; options?: unknown[]; element?: unknown };
  };
  if (shape !== undefined) return [{ shape }];
  if (def?.element !== undefined) return [{ element: def.element }];
  if (def?.options !== undefined) return def.options.flatMap(objectsIn);
  return def?.innerType === undefined ? [] : objectsIn(def.innerType);
}

/** The names that a value can be, behind defaults, wrappers and the alternatives of a union. */
export function namesIn(schema: unknown): string[] {
  const { def } = (schema ?? {}) as {
    def?: {
      entries?: Readonly<Record<string, string>>;
      innerType?: unknown;
      element?: unknown;
      options?: readonly unknown[];
    };
  };
  if (def?.entries !== undefined) return Object.values(def.entries);
  if (def?.options !== undefined) return def.options.flatMap(namesIn);
  const inner = def?.innerType ?? def?.element;
  return inner === undefined ? [] : namesIn(inner);
}

/** The keys of an object schema behind its defaults and wrappers; nothing for any other schema. */
export function shapeOf(schema: unknown): Readonly<Record<string, z.ZodType>> | undefined {
  const { shape, def } = (schema ?? {}) as { shape?: Inner['shape']; def?: { innerType?: unknown } };
  return shape ?? (def?.innerType === undefined ? undefined : shapeOf(def.innerType));
}
