import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema } from './json-schema.js';
import { presets } from './presets.js';
import { configSchema } from './schema.js';

const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
const accepts = ajv.compile(configJsonSchema());
const examples = fileURLToPath(new URL('../../../../examples/components.yaml', import.meta.url));

it.each([
  ['nothing', {}],
  ['a file that names schema and preset', { $schema: './cppo.schema.json', preset: 'tiny', seed: 3 }],
  ['the examples', parse(readFileSync(examples, 'utf8'))],
  ['everything', configSchema.parse({})],
  ...Object.entries(presets),
])('accepts %s', (_, config) => {
  accepts(config);
  expect(accepts.errors).toBeNull();
});

it.each([
  [{ stesp: 3 }],
  [{ rollout: { prompts: 0 } }],
  [{ views: 'cppoVerli' }],
  [{ views: { preserving: 'rotate' } }],
  [{ views: { preserving: 'rotate', removing: 'occlud' } }],
  [{ reward: { function: 'boxd' } }],
  [{ loggers: [{ name: 'mlflow', module: './x.ts' }] }],
  [{ preset: 'huge' }],
])('refuses %j', (config) => {
  expect(accepts(config)).toBe(false);
});

it('explains every key', () => {
  const unexplained = (schema: Record<string, unknown>, path: string): string[] =>
    Object.entries((schema.properties ?? {}) as Record<string, Record<string, unknown>>).flatMap(
      ([key, inner]) => {
        const here = `${path}${key}`;
        if (inner.properties !== undefined) return unexplained(inner, `${here}.`);
        return inner.description === undefined && key !== '$schema' ? [here] : [];
      },
    );
  expect(unexplained(configJsonSchema(), '')).toEqual([]);
});
