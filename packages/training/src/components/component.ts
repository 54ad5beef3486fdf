import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeIssue } from '@cppo/checked-options';
import { shortest, UserError } from '@cppo/run';
import { z } from 'zod';
import { Blame } from '../checked/blame.js';
import { aKind } from '../checked/kinds.js';
import { type ComponentSpec, readSpec } from './spec.js';

export type Options = Readonly<Record<string, unknown>>;

/** Built-in components by name: their options in, the component out. `key` is for messages. The one list of their names. */
export type BuiltIn<T> = Readonly<Record<string, (options: Options, key: string) => T | Promise<T>>>;

/** What there is to know of a kind of component. */
export interface ComponentKind<T> {
  /** What a module's function has to give, for the message when it does not. */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  /** The same component, checked: errors at work name the module. */
  readonly watch?: (made: T, blame: Blame) => T;
  /** A trial of a module's component before a run begins, so that a plain mistake is reported at once. */
  readonly trial?: (made: T) => void;
  readonly builtIn: BuiltIn<T>;
}

/**
 * The component that a configuration names. A module's default export is a function of its options that gives it, or a
 * promise of it.
 *
 * @param key  of the configuration, for messages.
 * @param spec what the configuration says.
 * @param kind what there is to know of components like it.
 * @returns the component; one of a module is checked at its work too.
 * @throws UserError naming key, module and what is expected.
 */
export async function component<T>(key: string, spec: ComponentSpec, kind: ComponentKind<T>): Promise<T> {
  const { name, module, options } = readSpec(spec);
  if (name !== undefined) return kind.builtIn[name]!(options, key);
  const { value: factory, file } = await defaultExport(key, module);
  const blame = new Blame(key, module, file);
  const expected = `a function of options that returns ${kind.expected}`;
  if (typeof factory !== 'function') {
    const found = factory === undefined ? 'no default export' : `${aKind(factory)} as default export`;
    throw blame.error(`found ${found}, expected ${expected}`);
  }
  if (isClass(factory)) throw blame.error(`found a class as default export, expected ${expected}`);
  const made: unknown = await blame.later('the default export', () => factory(options), expected);
  if (!kind.accepts(made)) {
    throw blame.wrong(
      'the default export',
      aKind(made),
      `${kind.expected} (it is called with the options and returns that)`,
    );
  }
  const watched = kind.watch === undefined ? (made as T) : kind.watch(made as T, blame);
  kind.trial?.(watched);
  return watched;
}

/**
 * The options of a built-in component, checked.
 *
 * @param key     of the configuration, for messages.
 * @param schema  of the options.
 * @param options as the configuration gives them.
 * @returns the options with their defaults.
 * @throws UserError naming the option, what was found and what is expected.
 */
export function optionsOf<Schema extends z.ZodObject>(
  key: string,
  schema: Schema,
  options: Options,
): z.output<Schema> {
  const parsed = schema.safeParse(options, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new UserError(describeIssue(parsed.error.issues[0]!, schema, new Map(), key));
}

/**
 * A built-in component without options.
 *
 * @param value the component.
 * @returns what makes it, for a table of built-in components; throws a UserError when it is given an option.
 */
export function without<T>(value: T): (options: Options, key: string) => T {
  return (options, key) => {
    optionsOf(key, z.strictObject({}), options);
    return value;
  };
}

async function defaultExport(
  key: string,
  module: string,
): Promise<{ value: unknown; file: string | undefined }> {
  const isPath = /^[./]|^[A-Za-z]:/.test(module);
  const path = isPath ? resolve(module) : module;
  const where = `${key} (${shortest(module)})`;
  if (isPath && !existsSync(path)) throw new UserError(`${where}: there is no such file.`);
  if (isPath && statSync(path).isDirectory())
    throw new UserError(`${where}: found a directory, expected a file with a module.`);
  const { createJiti } = await import('jiti');
  // Packages are looked for from the working directory.
  const jiti = createJiti(isPath ? import.meta.url : resolve('config'), { interopDefault: false });
  const file = isPath ? path : fileOf(jiti, module);
  const found = await new Blame(key, module, file).later('loading it', () => jiti.import<Exports>(path));
  // What a compiler made of `export default` for CommonJS comes wrapped once more.
  const value = found.default?.__esModule === true ? found.default.default : found.default;
  return { value, file };
}

interface Exports {
  readonly default?: { readonly __esModule?: boolean; readonly default?: unknown };
}

function fileOf(
  jiti: { esmResolve(id: string, options: { try: true }): string | undefined },
  module: string,
) {
  const address = jiti.esmResolve(module, { try: true });
  return address?.startsWith('file://') ? fileURLToPath(address) : address;
}

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}
