import { requireNames } from '@cppo/checked-options';
import { type Arm, type ArmTable, armTables, protocol } from './arms.js';

/** What an ablation is to run. */
export interface AblationPlan {
  /** `key=value` of all arms. */
  readonly protocol: readonly string[];
  readonly tables: readonly ArmTable[];
}

/** The plan of `docs/results`. */
export const standardPlan: AblationPlan = { protocol, tables: armTables };

/**
 * Reads a plan of one's own: `{protocol: [key=value], tables: [{title, seeds, arms: [{name, about, settings}]}]}`. An arm that
 * stands in several tables is written out in one of them, and named in the others.
 *
 * @param value of a file.
 * @returns the plan.
 * @throws RangeError naming the key, what was found and what is expected.
 */
export function readPlan(value: object): AblationPlan {
  requireNames('plan', value, { protocol: true, tables: true });
  const { protocol: shared = [], tables } = value as { protocol?: unknown; tables?: unknown };
  const known = new Map<string, Arm>();
  return {
    protocol: settings('protocol', shared),
    tables: list('tables', tables).map((table, i) => readTable(`tables.${i}`, table, known)),
  };
}

function readTable(key: string, value: unknown, known: Map<string, Arm>): ArmTable {
  const table = object(key, value);
  requireNames(`plan: ${key}`, table, { title: true, seeds: true, arms: true });
  const { title, seeds, arms } = table;
  if (!Number.isInteger(seeds) || (seeds as number) < 1)
    throw wrong(`${key}.seeds`, seeds, 'a whole number above 0');
  return {
    title: text(`${key}.title`, title),
    seeds: seeds as number,
    arms: list(`${key}.arms`, arms).map((arm, i) => readArm(`${key}.arms.${i}`, arm, known)),
  };
}

function readArm(key: string, value: unknown, known: Map<string, Arm>): Arm {
  if (typeof value === 'string') {
    const found = known.get(value);
    if (found === undefined) throw wrong(key, value, 'the name of an arm that is written out before');
    return found;
  }
  const arm = object(key, value);
  requireNames(`plan: ${key}`, arm, { name: true, about: true, settings: true, training: true });
  const { training = 'same-steps' } = arm;
  if (training !== 'same-steps' && training !== 'none')
    throw wrong(`${key}.training`, training, 'same-steps or none');
  const name = text(`${key}.name`, arm.name);
  if (known.has(name)) throw wrong(`${key}.name`, name, 'a name that no arm has yet');
  const read: Arm = {
    name,
    about: text(`${key}.about`, arm.about),
    settings: settings(`${key}.settings`, arm.settings ?? []),
    training,
  };
  known.set(name, read);
  return read;
}

function settings(key: string, value: unknown): string[] {
  if (!Array.isArray(value)) throw wrong(key, value, 'a list of key=value');
  return value.map((each, i) => {
    if (typeof each !== 'string' || !/^[^=]+=/.test(each)) throw wrong(`${key}.${i}`, each, 'key=value');
    return each;
  });
}

function list(key: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) throw wrong(key, value, 'a list of at least one');
  return value;
}

function object(key: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(key, value, 'an object');
  return value as Readonly<Record<string, unknown>>;
}

function text(key: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw wrong(key, value, 'a text');
  return value;
}

function wrong(key: string, found: unknown, expected: string): RangeError {
  return new RangeError(`plan: ${key}: found ${JSON.stringify(found) ?? 'nothing'}, expected ${expected}.`);
}
