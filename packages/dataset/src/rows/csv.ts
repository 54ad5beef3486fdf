import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { RowsInMemory } from './in-memory.js';
import type { RowSource } from './row-source.js';

/**
 * Opens a table with a header line; an empty cell counts as absent.
 *
 * @throws TypeError when it cannot be parsed.
 */
export async function openCsv(path: string, delimiter: ',' | '\t'): Promise<RowSource> {
  let records: { record: Record<string, string>; info: { lines: number } }[];
  try {
    records = parse(await readFile(path), {
      columns: true,
      delimiter,
      bom: true,
      info: true,
      skip_empty_lines: true,
    }) as unknown as typeof records;
  } catch (error) {
    throw new TypeError(
      `openDataset: found ${path}, which cannot be parsed (${(error as Error).message}); expected a table with a header line`,
    );
  }
  return new RowsInMemory(
    path,
    'csv',
    records.map(({ record }) => Object.fromEntries(Object.entries(record).filter(([, cell]) => cell !== ''))),
    records.map(({ info }) => `${path}:${info.lines}`),
  );
}
