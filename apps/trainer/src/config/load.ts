import { existsSync, readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import { UserError } from '../user-error.js';
import { presets } from './presets.js';
import { type Config, configSchema } from './schema.js';

type Plain = { [key: string]: unknown };

export interface ConfigSources {
  /** Name in `presets`. */
  readonly preset?: string;
  /** YAML, JSON, TypeScript or JavaScript file. */
  readonly config?: string;
  /** `a.b=c` assignments, later ones win. */
  readonly set?: readonly string[];
}

export interface LoadedConfig {
  readonly config: Config;
  /** Where each key that is not a default came from, by dotted path. */
  readonly sources: ReadonlyMap<string, string>;
}

/**
 * Resolves a configuration: defaults, then the preset, then the file, then the assignments.
 *
 * @throws UserError naming the key or file, what was found and what is expected.
 */
export async function loadConfig({ preset, config: file, set = [] }: ConfigSources): Promise<LoadedConfig> {
  const merged: Plain = {};
  const sources = new Map<string, string>();
  const layers: [string, Plain][] = [];
  const fromFile = file === undefined ? {} : await readConfigFile(file);
  const { preset: presetInFile, ...rest } = fromFile;
  const presetName = preset ?? presetInFile;
  if (presetName !== undefined) layers.push([`preset ${String(presetName)}`, presetNamed(presetName)]);
  if (file !== undefined) layers.push([file, rest]);
  for (const assignment of set) layers.push([`--set ${assignment}`, parseAssignment(assignment)]);
  for (const [source, layer] of layers) merge(merged, layer, source, sources, '');
  return { config: validate(merged, sources), sources };
}

/** Checks an already merged configuration, such as the one that a run directory keeps. */
export function validate(value: unknown, sources: ReadonlyMap<string, string> = new Map()): Config {
  const result = configSchema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw new UserError(describeIssue(result.error.issues[0]!, sources));
}

function presetNamed(name: unknown): Plain {
  const found = typeof name === 'string' && Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (found === undefined) {
    throw new UserError(
      `preset: found ${JSON.stringify(name)}, expected one of ${Object.keys(presets).join(', ')}.`,
    );
  }
  return structuredClone(found) as Plain;
}

async function readConfigFile(file: string): Promise<Plain> {
  const path = resolve(file);
  if (!existsSync(path)) throw new UserError(`--config: there is no file ${file}.`);
  let value: unknown;
  try {
    if (/^\.[cm]?[jt]s$/.test(extname(path))) {
      const { createJiti } = await import('jiti');
      value = await createJiti(import.meta.url).import(path, { default: true });
    } else {
      value = parseYaml(readFileSync(path, 'utf8'));
    }
  } catch (error) {
    throw new UserError(`${file}: ${(error as Error).message.split('\n')[0]}`);
  }
  if (!isPlain(value))
    throw new UserError(`${file}: found ${kindOf(value)}, expected an object of settings.`);
  return value;
}

function parseAssignment(assignment: string): Plain {
  const equals = assignment.indexOf('=');
  if (equals < 1) throw new UserError(`--set: found ${JSON.stringify(assignment)}, expected key=value.`);
  const path = assignment.slice(0, equals).split('.');
  const text = assignment.slice(equals + 1);
  let value: unknown;
  try {
    value = text === '' ? '' : parseYaml(text);
  } catch {
    value = text;
  }
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Plain;
}

function merge(
  target: Plain,
  layer: Plain,
  source: string,
  sources: Map<string, string>,
  path: string,
): void {
  for (const [key, value] of Object.entries(layer)) {
    if (value === undefined) continue;
    const here = path === '' ? key : `${path}.${key}`;
    if (isPlain(value)) {
      const inner = isPlain(target[key]) ? target[key] : {};
      target[key] = inner;
      merge(inner, value, source, sources, here);
    } else {
      target[key] = value;
      sources.set(here, source);
    }
  }
}

function describeIssue(issue: z.core.$ZodIssue, sources: ReadonlyMap<string, string>): string {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const known = knownKeys(issue.path);
    const full = path === '' ? key : `${path}.${key}`;
    const nearest = known.length > 0 ? closest(key, known) : undefined;
    const hint =
      nearest === undefined ? '' : ` Did you mean ${path === '' ? nearest : `${path}.${nearest}`}?`;
    const from = sources.get(full);
    return `${full}: unknown key${from === undefined || from.startsWith('--set') ? '' : ` (${from})`}.${hint}`;
  }
  const from = sources.get(path);
  const where = from === undefined || from.startsWith('--set') ? path : `${path} (${from})`;
  return `${where}: found ${JSON.stringify(issue.input)}, ${expectation(issue)}.`;
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `expected one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `expected a number ${issue.inclusive ? 'of at least' : 'above'} ${issue.minimum}`;
    case 'too_big':
      return `expected a number ${issue.inclusive ? 'of at most' : 'below'} ${issue.maximum}`;
    case 'invalid_type':
      return `expected ${/^[aeio]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`;
    default:
      return `expected otherwise: ${issue.message}`;
  }
}

/** Keys that the schema knows at a path, for the hint at a misspelt one. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let schema: unknown = configSchema;
  for (const key of path) schema = shapeOf(schema)?.[String(key)];
  return Object.keys(shapeOf(schema) ?? {});
}

/** The keys of an object schema behind its defaults and wrappers; nothing for any other schema. */
export function shapeOf(schema: unknown): Record<string, z.ZodType> | undefined {
  let current = schema as { shape?: Record<string, z.ZodType>; def?: { innerType?: unknown } } | undefined;
  while (current !== undefined && current.shape === undefined) {
    current = current.def?.innerType as typeof current;
  }
  return current?.shape;
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  return value === null || value === undefined
    ? 'nothing'
    : Array.isArray(value)
      ? 'a list'
      : `a ${typeof value}`;
}
