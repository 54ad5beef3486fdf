import type { z } from 'zod';
import { namesIn, shapeOf } from './describe-issue.js';

/**
 * A line for each key of a configuration: its value, its description and where it was said.
 *
 * @param sources where keys that are no defaults were said, by dotted path.
 */
export function explainKeys(
  schema: z.ZodType,
  value: unknown,
  sources: ReadonlyMap<string, string>,
  path = '',
): string[] {
  const shape = shapeOf(schema);
  if (shape === undefined || value === null) {
    const shown = value === undefined ? '(not set)' : JSON.stringify(value);
    const said = `${schema.description ?? ''}${unsaid(schema)}`;
    return [`${path}: ${shown}   # ${said} [${sourceOf(path, sources)}]`];
  }
  return Object.entries(shape).flatMap(([key, inner]) =>
    explainKeys(
      inner,
      (value as Readonly<Record<string, unknown>>)[key],
      sources,
      path === '' ? key : `${path}.${key}`,
    ),
  );
}

/** The values that a key can have, where its description does not name all of them. */
function unsaid(schema: z.ZodType): string {
  const { description = '' } = schema;
  const words = new Set(description.split(/[^\w-]+/));
  const values = namesIn(schema);
  return values.every((value) => words.has(value)) ? '' : ` One of ${values.join(', ')}.`;
}

/** Where a key was said; a key that holds several things can have several sources. */
function sourceOf(path: string, sources: ReadonlyMap<string, string>): string {
  const found = [...sources].filter(([known]) => known === path || known.startsWith(`${path}.`));
  return [...new Set(found.map(([, source]) => source))].join(', ') || 'default';
}
