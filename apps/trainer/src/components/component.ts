import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { z } from 'zod';
import { describeIssue, shown } from '../config/describe-issue.js';
import { firstLine } from '../config/read-file.js';
import { UserError } from '../user-error.js';
import { type ComponentSpec, readSpec } from './spec.js';

type Options = Readonly<Record<string, unknown>>;

/** What there is to know of a kind of component. */
export interface ComponentKind<T> {
  /** What a module's function has to give, for the message when it does not. */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  /** Built-in ones by name: their options in, the component out. `key` is for messages. */
  readonly builtIn: Readonly<Record<string, (options: Options, key: string) => T>>;
}

/**
 * The component that a configuration names. A module's default export is a function of its options that gives it, or a
 * promise of it.
 *
 * @param key of the configuration, for messages.
 * @throws UserError naming key, module and what is expected.
 */
export async function component<T>(key: string, spec: ComponentSpec, kind: ComponentKind<T>): Promise<T> {
  const { name, module, options } = readSpec(spec);
  if (name !== undefined) return kind.builtIn[name]!(options, key);
  const where = `${key} (${shortest(module)})`;
  const factory = await defaultExport(where, module);
  if (typeof factory !== 'function') {
    throw new UserError(
      `${where}: found ${factory === undefined ? 'no default export' : `${aKind(factory)} as default export`}, expected a function of options that returns ${kind.expected}.`,
    );
  }
  let made: unknown;
  try {
    made = await factory(options);
  } catch (error) {
    throw new UserError(`${where}: the default export threw: ${firstLine(error)}`);
  }
  if (kind.accepts(made)) return made as T;
  throw new UserError(`${where}: the default export gave ${aKind(made)}, expected ${kind.expected}.`);
}

/** The options of a built-in component, checked. */
export function optionsOf<Schema extends z.ZodObject>(
  key: string,
  schema: Schema,
  options: Options,
): z.output<Schema> {
  const parsed = schema.safeParse(options, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new UserError(describeIssue(parsed.error.issues[0]!, schema, new Map(), key));
}

/** For a built-in component without options. */
export function without<T>(value: T): (options: Options, key: string) => T {
  return (options, key) => {
    optionsOf(key, z.strictObject({}), options);
    return value;
  };
}

/** True for an object that has these methods. */
export function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
  );
}

async function defaultExport(where: string, module: string): Promise<unknown> {
  const isPath = /^[./]|^[A-Za-z]:/.test(module);
  const path = isPath ? resolve(module) : module;
  if (isPath && !existsSync(path)) throw new UserError(`${where}: there is no such file.`);
  try {
    const { createJiti } = await import('jiti');
    // Packages are looked for from the working directory.
    const jiti = createJiti(isPath ? import.meta.url : resolve('config'));
    const found = await jiti.import<{ default?: unknown }>(path);
    return found.default;
  } catch (error) {
    throw new UserError(`${where}: ${firstLine(error)}`);
  }
}

function shortest(path: string): string {
  const short = relative(process.cwd(), path);
  return short.length < path.length ? short : path;
}

function aKind(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return `an object with ${Object.keys(value).join(', ') || 'no keys'}`;
  return typeof value === 'function' ? 'a function' : shown(value);
}
