import { isRecord } from '../is-record.js';
import { parseJson } from '../rows/parse-json.js';

/**
 * Where a row keeps what a sample needs: dotted paths into its columns, such as `reward_model.ground_truth`;
 * the first path that a row has wins.
 */
export interface FieldMap {
  readonly id?: readonly string[];
  /** Text, or a list of chat messages. */
  readonly question: readonly string[];
  /** Text of a system turn. */
  readonly system?: readonly string[];
  /** Text or a number. */
  readonly answer: readonly string[];
  /** One picture or a list of them; `image_*` stands for `image_1`, `image_2`, … together. */
  readonly images: readonly string[];
  readonly source?: readonly string[];
  /** Columns kept under `metadata`, under their own names; `*` keeps all that no other field names. */
  readonly metadata?: readonly string[];
}

/** The value at a dotted path, or undefined. JSON text on the way is entered. */
export function valueAt(values: Readonly<Record<string, unknown>>, path: string): unknown {
  if (path in values) return values[path] ?? undefined;
  if (!path.includes('.')) return undefined;
  let value: unknown = values;
  for (const key of path.split('.')) {
    if (typeof value === 'string' && /^\s*[{[]/.test(value)) value = parsed(value);
    if (!isRecord(value)) return undefined;
    value = value[key];
  }
  return value ?? undefined;
}

/** The first path of several that a row has, with its value. */
export function firstOf(
  values: Readonly<Record<string, unknown>>,
  paths: readonly string[],
): { path: string; value: unknown } | undefined {
  for (const path of paths) {
    const value = valueAt(values, path);
    if (value !== undefined) return { path, value };
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** Columns that a field map can ask for, of those that there are. */
export function columnsInUse(fields: FieldMap, columns: readonly string[]): string[] {
  const paths = Object.values(fields).flat() as string[];
  return columns.filter((column) =>
    paths.some(
      (path) =>
        path === column ||
        path.startsWith(`${column}.`) ||
        (path.endsWith('*') && column.startsWith(path.slice(0, -1))),
    ),
  );
}
