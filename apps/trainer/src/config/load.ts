import { dirname, resolve } from 'node:path';
import { describeIssue, mergeSettings, type Plain, shown } from '@cppo/checked-options';
import { UserError } from '@cppo/run';
import { readSettingsFile } from '@cppo/training';
import { parse as parseYaml } from 'yaml';
import { withPathsFrom } from './paths.js';
import { presets } from './presets.js';
import { type Config, configSchema } from './schema.js';

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
 * Resolves a configuration: defaults, then the preset, then the file, then the assignments. Paths become absolute: in a file
 * they start at its folder, in an assignment at the working directory.
 *
 * @throws UserError naming the key or file, what was found and what is expected.
 */
export async function loadConfig({ preset, config: file, set = [] }: ConfigSources): Promise<LoadedConfig> {
  const merged: Plain = {};
  const sources = new Map<string, string>();
  const layers: [string, Plain][] = [];
  const fromFile = file === undefined ? {} : await readSettingsFile(file);
  const { preset: presetInFile, ...rest } = fromFile;
  const presetName = preset ?? presetInFile;
  if (presetName !== undefined) layers.push([`preset ${String(presetName)}`, presetNamed(presetName)]);
  if (file !== undefined) layers.push([file, withPathsFrom(dirname(resolve(file)), rest)]);
  for (const assignment of set) {
    layers.push([`--set ${assignment}`, withPathsFrom(process.cwd(), parseAssignment(assignment))]);
  }
  for (const [source, layer] of layers) mergeSettings(merged, layer, source, sources);
  return { config: validate(merged, sources), sources };
}

/**
 * What assignments say of keys that may be set here.
 *
 * @throws UserError that names one that may not.
 */
export function assignmentsTo(keys: readonly string[], set: readonly string[], where: string): Plain {
  const merged: Plain = {};
  for (const assignment of set) {
    const key = assignment.split('=', 1)[0]!.trim();
    if (!keys.includes(key)) {
      throw new UserError(
        `${where}: found --set ${assignment} beside it, expected ${keys.join(' or ')} at most.`,
      );
    }
    mergeSettings(merged, withPathsFrom(process.cwd(), parseAssignment(assignment)), '', new Map());
  }
  return merged;
}

/** Checks an already merged configuration, such as the one that a run directory keeps. */
export function validate(value: unknown, sources: ReadonlyMap<string, string> = new Map()): Config {
  const result = configSchema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw new UserError(describeIssue(result.error.issues[0]!, configSchema, sources));
}

function presetNamed(name: unknown): Plain {
  const found = typeof name === 'string' && Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (found === undefined) {
    throw new UserError(`preset: found ${shown(name)}, expected one of ${Object.keys(presets).join(', ')}.`);
  }
  return structuredClone(found) as Plain;
}

function parseAssignment(assignment: string): Plain {
  const equals = assignment.indexOf('=');
  const path = assignment.slice(0, Math.max(equals, 0)).split('.');
  if (path.some((key) => key.trim() === '')) {
    throw new UserError(`--set: found ${JSON.stringify(assignment)}, expected key=value.`);
  }
  if (path[0] === 'preset') {
    throw new UserError(`--set: found ${JSON.stringify(assignment)}, expected --preset for a preset.`);
  }
  const text = assignment.slice(equals + 1);
  let value: unknown;
  try {
    // A colour would be a comment.
    value = text === '' || text.startsWith('#') ? text : parseYaml(text);
  } catch {
    value = text;
  }
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Plain;
}
