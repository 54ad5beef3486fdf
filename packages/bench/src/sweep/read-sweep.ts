import { basename, dirname, extname, join, resolve } from 'node:path';
import { describeIssue } from '@cppo/checked-options';
import { UserError } from '@cppo/run';
import { z } from 'zod';
import type { Arm } from '../ablation/arms.js';
import { type PlannedRun, plan } from '../ablation/plan.js';
import { armName, shortKeys } from './setting-names.js';
import { isSettings, type Settings } from './settings.js';

/** What a file says of a sweep, and the runs that follow. */
export interface Sweep {
  /** The file. */
  readonly file: string;
  /** Where the configuration of all runs starts. */
  readonly preset?: string;
  /** A file with the configuration of all runs. */
  readonly config?: string;
  /** `key=value` of all runs. */
  readonly shared: readonly string[];
  /** In their order: every arm on the first seed, then on the next. */
  readonly runs: readonly PlannedRun[];
  /** Folder of the runs. */
  readonly output: string;
}

const schema = z.strictObject({
  preset: z.string().min(1).optional(),
  config: z.string().min(1).optional(),
  settings: z.record(z.string(), z.unknown()).default({}),
  grid: z.record(z.string(), z.array(z.unknown()).min(1)).default({}),
  list: z
    .array(z.looseObject({ name: z.string().min(1).optional() }))
    .min(1)
    .default([{}]),
  seeds: z.array(z.int().min(1)).min(1).default([1]),
  output: z.string().min(1).optional(),
});

/** Settings of an arm, and what it is called in place of them. */
type Entry = Settings & { readonly name?: string | undefined };

/** What says so in a sweep, in place of these keys. */
const instead: Readonly<Record<string, string>> = { seed: 'seeds', output: 'output of the sweep' };

/**
 * Reads a sweep: each entry of `list` with each combination of the values of `grid` is an arm, and each arm runs on each of
 * `seeds`.
 *
 * @param file its name; relative paths in it start at its folder.
 * @param content of the file.
 * @param resolvePaths makes the paths in settings absolute.
 * @returns the runs in their order; those of an arm share its name.
 * @throws UserError that names file and key.
 */
export function readSweep(
  file: string,
  content: Settings,
  resolvePaths: (settings: Settings) => Settings,
): Sweep {
  const parsed = schema.safeParse(content, { reportInput: true });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError(`${file}: ${issue === undefined ? '' : describeIssue(issue, schema)}`);
  }
  const { preset, config, settings, grid, list, seeds, output } = parsed.data;
  refuseDouble(file, 'seeds', seeds);
  for (const [place, keys] of [
    ['settings', Object.keys(settings)],
    ['grid', Object.keys(grid)],
    ...list.map((entry, i): [string, string[]] => [`list.${i}`, Object.keys(entry)]),
  ] as const) {
    refuseOwnKeys(file, place, keys);
  }
  const folder = dirname(resolve(file));
  const stem = basename(file, extname(file));
  const arms = armsOf(stem, list, grid, resolvePaths);
  const double = arms.find(({ name }, i) => arms.findIndex((other) => other.name === name) !== i);
  if (double !== undefined) {
    throw new UserError(
      `${file}: found two entries that are called ${double.name}, expected a name for each.`,
    );
  }
  return {
    file,
    ...(preset === undefined ? {} : { preset }),
    ...(config === undefined ? {} : { config: resolve(folder, config) }),
    shared: Object.entries(resolvePaths(settings)).map(([key, value]) => `${key}=${JSON.stringify(value)}`),
    runs: plan(arms, seeds),
    output: output === undefined ? join('runs', stem) : resolve(folder, output),
  };
}

function armsOf(
  stem: string,
  list: readonly Entry[],
  grid: Readonly<Record<string, readonly unknown[]>>,
  resolvePaths: (settings: Settings) => Settings,
): Arm[] {
  const short = shortKeys([
    ...list.flatMap(({ name: _, ...entry }) => Object.keys(entry)),
    ...Object.keys(grid),
  ]);
  return list.flatMap(({ name, ...entry }) =>
    combinations(grid).map((point): Arm => {
      const settings = { ...entry, ...point };
      const parts = name === undefined ? short(settings) : [name, ...short(point)];
      return {
        name: armName(parts) || stem,
        about: Object.entries(settings)
          .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
          .join(' '),
        settings: Object.entries(settings).map(([key, value]) => assignment(key, value, resolvePaths)),
        training: 'same-steps',
      };
    }),
  );
}

/** Each value of the first key with each of the next. */
function combinations(grid: Readonly<Record<string, readonly unknown[]>>): Settings[] {
  return Object.entries(grid).reduce<Settings[]>(
    (points, [key, values]) => points.flatMap((point) => values.map((value) => ({ ...point, [key]: value }))),
    [{}],
  );
}

/** `a.b=value` with its paths absolute, which depends on the key. */
function assignment(key: string, value: unknown, resolvePaths: (settings: Settings) => Settings): string {
  const path = key.split('.');
  const nested = path.reduceRight<unknown>((inner, part) => ({ [part]: inner }), value);
  const found = path.reduce<unknown>(
    (outer, part) => (isSettings(outer) ? outer[part] : undefined),
    isSettings(nested) ? resolvePaths(nested) : value,
  );
  return `${key}=${JSON.stringify(found)}`;
}

function refuseOwnKeys(file: string, place: string, keys: readonly string[]): void {
  for (const key of keys) {
    const own = instead[key];
    if (own !== undefined) throw new UserError(`${file}: ${place}: found ${key}, expected it as ${own}.`);
  }
}

function refuseDouble(file: string, key: string, values: readonly number[]): void {
  const double = values.find((value, i) => values.indexOf(value) !== i);
  if (double !== undefined)
    throw new UserError(`${file}: ${key}: found ${double} again, expected each once.`);
}
