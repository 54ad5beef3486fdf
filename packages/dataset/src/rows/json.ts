import { readFile } from 'node:fs/promises';
import { messageOf } from '../message-of.js';
import { RowsInMemory } from './in-memory.js';
import { openJsonLines } from './json-lines.js';
import { parseJson } from './parse-json.js';
import type { RowSource } from './row-source.js';

/**
 * Opens a JSON file that holds a list of rows, an object of rows by key (the key becomes `id` where a row has none), or either
 * under `data`. A file named .json that holds JSON lines is opened as such.
 *
 * @throws TypeError when the file holds no rows.
 */
export async function openJson(path: string): Promise<RowSource> {
  const text = await readFile(path, 'utf8');
  let content: unknown;
  try {
    content = parseJson(text);
  } catch (error) {
    if (/^\s*\{[^\n]*\}\s*\n\s*\{/.test(text)) return openJsonLines(path);
    throw new TypeError(
      `openDataset: found ${path}, which is not JSON (${messageOf(error)}); expected a list of rows`,
    );
  }
  if (isObject(content) && 'data' in content && typeof content.data === 'object') content = content.data;
  if (Array.isArray(content)) {
    return new RowsInMemory(
      path,
      'json',
      content.map((values, at) => ({ values, number: at + 1 })),
    );
  }
  if (isObject(content) && Object.values(content).every(isObject)) {
    const entries = Object.entries(content) as [string, Record<string, unknown>][];
    return new RowsInMemory(
      path,
      'json',
      entries.map(([id, row], at) => ({ values: { id, ...row }, number: at + 1 })),
    );
  }
  throw new TypeError(
    `openDataset: found JSON in ${path} that is no list; expected a list of rows or an object of rows`,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
