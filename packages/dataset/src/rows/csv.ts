import { readFile } from 'node:fs/promises';
import { type CsvError, parse } from 'csv-parse/sync';
import { messageOf } from '../message-of.js';
import { RowsInMemory } from './in-memory.js';
import type { RowSource } from './row-source.js';

/**
 * Opens a table with a header line; an empty cell counts as absent. A line that does not fit the header is a broken row.
 *
 * @throws TypeError when it cannot be parsed.
 */
export async function openCsv(path: string, delimiter: ',' | '\t'): Promise<RowSource> {
  const broken: { number: number; fault: string }[] = [];
  let records: { record: Record<string, string>; info: { lines: number } }[];
  try {
    records = parse(await readFile(path), {
      columns: true,
      delimiter,
      bom: true,
      info: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      on_skip: (error: CsvError | undefined) => {
        broken.push({ number: Number(error?.lines), fault: `a line that is no row (${error?.message})` });
      },
    }) as unknown as typeof records;
  } catch (error) {
    throw new TypeError(
      `openDataset: found ${path}, which cannot be parsed (${messageOf(error)}); expected a table with a header line`,
    );
  }
  const rows = records.map(({ record, info }) => ({
    number: info.lines,
    values: Object.fromEntries(Object.entries(record).filter(([, cell]) => cell !== '')),
  }));
  return new RowsInMemory(
    path,
    'csv',
    [...rows, ...broken].sort((a, b) => a.number - b.number),
  );
}
