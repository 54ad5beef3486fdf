import { existsSync, readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { isPlain, shown } from '@cppo/checked-options';
import { describeThrown, UserError } from '@cppo/run';
import { parseDocument } from 'yaml';

/**
 * Reads a YAML, JSON, TypeScript or JavaScript file of settings. A `$schema` key, for editors, is left out.
 *
 * @param file path.
 * @param option that named it, for messages.
 * @returns the settings.
 * @throws UserError in one sentence with file and line.
 */
export async function readSettingsFile(file: string, option = '--config'): Promise<Record<string, unknown>> {
  const path = resolve(file);
  if (!existsSync(path)) throw new UserError(`${option}: there is no file ${file}.`);
  const value = /^\.[cm]?[jt]s$/.test(extname(path)) ? await runModule(file, path) : readYaml(file, path);
  if (!isPlain(value)) {
    throw new UserError(`${file}: found ${kindOf(value)}, expected an object of settings.`);
  }
  const { $schema: _, ...settings } = value;
  return settings;
}

async function runModule(file: string, path: string): Promise<unknown> {
  try {
    const { createJiti } = await import('jiti');
    return await createJiti(import.meta.url).import(path, { default: true });
  } catch (error) {
    throw new UserError(`${file}: ${describeThrown(error, path)}.`);
  }
}

function readYaml(file: string, path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  const document = parseDocument(text, { prettyErrors: false });
  const [problem] = document.errors;
  if (problem === undefined) {
    try {
      const value = document.toJS();
      JSON.stringify(value);
      return value;
    } catch {
      throw new UserError(`${file}: found an alias inside what it stands for, expected plain settings.`);
    }
  }
  const before = text.slice(0, problem.pos[0]).split('\n');
  const place = `${file}:${before.length}:${before.at(-1)!.length + 1}`;
  const key = /^[^:\n]*/.exec(text.slice(problem.pos[0]))![0].trim();
  switch (problem.code) {
    case 'DUPLICATE_KEY':
      throw new UserError(`${place}: found the key ${key} again, expected each key once.`);
    case 'TAB_AS_INDENT':
      throw new UserError(`${place}: found a tab, expected spaces.`);
    case 'MULTIPLE_DOCS':
      throw new UserError(`${place}: found a second document, expected one.`);
    default:
      throw new UserError(`${place}: ${problem.message.replace(/[.:]?$/, '.')}`);
  }
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : shown(value);
}
