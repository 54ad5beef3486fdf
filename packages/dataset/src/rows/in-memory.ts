import { basename, dirname } from 'node:path';
import { checkIndex, type Row, type RowSource } from './row-source.js';
import { schemaOf } from './value-type.js';

interface RowInMemory {
  readonly values?: unknown;
  /** From 1: its line, or its place in the list. */
  readonly number: number;
  /** Why it cannot be read. */
  readonly fault?: string;
}

/** Rows of a file that is read as a whole, because its format cannot be read in parts. */
export class RowsInMemory implements RowSource {
  readonly name: string;
  readonly length: number;
  readonly schema: Readonly<Record<string, string>>;

  constructor(
    private readonly path: string,
    readonly format: RowSource['format'],
    private readonly held: readonly RowInMemory[],
  ) {
    this.name = basename(path);
    this.length = held.length;
    const first = held.find(({ values }) => isObject(values))?.values;
    this.schema = isObject(first) ? schemaOf(first) : {};
  }

  async read(index: number): Promise<Row> {
    checkIndex(this, index);
    const { values, number, fault } = this.held[index]!;
    const place = `${this.path}:${number}`;
    const row = { index, number, place, folder: dirname(this.path) };
    if (fault === undefined && isObject(values)) return { ...row, values };
    const found = fault ?? typeof values;
    const expected = this.format === 'csv' ? 'a cell for each column of the header' : 'a JSON object';
    return { ...row, problem: { row: index + 1, place, field: '(whole row)', found, expected } };
  }

  async *rows(): AsyncIterable<Row> {
    for (let index = 0; index < this.length; index++) yield await this.read(index);
  }

  async close(): Promise<void> {}
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
