import { z } from 'zod';
import { shapeOf } from '../config/describe-issue.js';
import { type ConfigSources, loadConfig } from '../config/load.js';
import { configSchema } from '../config/schema.js';

/** `cppo config`: every key with its value, explanation and source. */
export async function showConfig(
  options: ConfigSources & { json?: boolean; schema?: boolean },
): Promise<void> {
  if (options.schema) {
    console.log(JSON.stringify(z.toJSONSchema(configSchema, { io: 'input' }), null, 2));
    return;
  }
  const { config, sources } = await loadConfig(options);
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
    return [`${path}: ${shown}   # ${schema.description ?? ''} [${sources.get(path) ?? 'default'}]`];
  }
  return Object.entries(shape).flatMap(([key, inner]) =>
    explain(inner, (value as Record<string, unknown>)[key], sources, path === '' ? key : `${path}.${key}`),
  );
}
