import { z } from 'zod';
import { presets } from './presets.js';
import { configSchema } from './schema.js';

/** The configuration as JSON Schema, draft 2020-12, for editors; a file may name the schema and a preset. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, properties, ...rest } = z.toJSONSchema(configSchema, { io: 'input' });
  return {
    $schema,
    title: 'cppo configuration',
    ...rest,
    properties: {
      $schema: { type: 'string' },
      preset: { type: 'string', enum: Object.keys(presets), description: 'Named starting point.' },
      ...properties,
    },
  };
}
