import type { z } from 'zod';
import { describeValue } from './describe-value.js';
import { unknownOption } from './unknown-option.js';

/**
 * Options with their defaults filled in.
 *
 * @param caller the function that they were given to.
 * @param schema of a strict object.
 * @throws RangeError in one sentence: the caller, the option, what was found and what is expected.
 */
export function parseOptions<Schema extends z.core.$ZodType>(
  caller: string,
  schema: Schema & { safeParse(value: unknown): z.ZodSafeParseResult<z.output<Schema>> },
  options: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const option = [...path, issue.keys[0]].join('.');
    const known = keysAt(schema, path).map((key) => [...path, key].join('.'));
    throw new RangeError(unknownOption(caller, option, known));
  }
  const what = path.length > 0 ? `${path.join('.')} is` : 'the options are';
  throw new RangeError(`${caller}: ${what} ${describeValue(valueAt(options, path))}: ${issue.message}.`);
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[key];
  }
  return at;
}

interface Definition {
  readonly innerType?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
}

/** The keys of the object that a schema has at a path, behind defaults and the like. */
function keysAt(schema: z.core.$ZodType, path: readonly string[]): string[] {
  const definition = schema._zod.def as Definition;
  if (definition.innerType !== undefined) return keysAt(definition.innerType, path);
  const [key, ...rest] = path;
  if (key === undefined) return Object.keys(definition.shape ?? {});
  const inner = definition.shape?.[key] ?? definition.element;
  return inner === undefined ? [] : keysAt(inner, rest);
}
