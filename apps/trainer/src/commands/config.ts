import { namesIn, shapeOf } from '@cppo/checked-options';
import type { z } from 'zod';
import { configJsonSchema } from '../config/json-schema.js';
import { type ConfigSources, loadConfig } from '../config/load.js';
import { configSchema } from '../config/schema.js';
import { chooseComponents } from '../session/choose-components.js';

/** `cppo config`: every key with its value, explanation and source. */
export async function showConfig(
  options: ConfigSources & { json?: boolean; schema?: boolean },
): Promise<void> {
  if (options.schema) {
    console.log(JSON.stringify(configJsonSchema(), null, 2));
    return;
  }
  const { config, sources } = await loadConfig(options);
  // Looked at as well, so that a configuration which is shown is one that a run would take.
  await chooseComponents(config);
  if (options.json) console.log(JSON.stringify(config, null, 2));
  else for (const line of explain(configSchema, config, sources, '')) console.log(line);
}

function explain(
  schema: z.ZodType,
  value: unknown,
  sources: ReadonlyMap<string, string>,
  path: string,
): string[] {
  const shape = shapeOf(schema);
  if (shape === undefined || value === null) {
    const shown = value === undefined ? '(not set)' : JSON.stringify(value);
    const said = `${schema.description ?? ''}${unsaid(schema)}`;
    return [`${path}: ${shown}   # ${said} [${sourceOf(path, sources)}]`];
  }
  return Object.entries(shape).flatMap(([key, inner]) =>
    explain(inner, (value as Record<string, unknown>)[key], sources, path === '' ? key : `${path}.${key}`),
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
