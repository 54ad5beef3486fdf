import { basename, dirname } from 'node:path';
import { checkIndex, type Row, type RowSource } from './row-source.js';
import { schemaOf } from './value-type.js';

/** Rows of a file that is read as a whole, because its format cannot be read in parts. */
export class RowsInMemory implements RowSource {
  readonly name: string;
  readonly length: number;
  readonly schema: Readonly<Record<string, string>>;

  /** @param places of each row: `path:line` or `path["key"]`. */
  constructor(
    private readonly path: string,
    readonly format: RowSource['format'],
    private readonly values: readonly unknown[],
    private readonly places: readonly string[],
  ) {
    this.name = basename(path);
    this.length = values.length;
    const first = values[0];
    this.schema = isObject(first) ? schemaOf(first) : {};
  }

  async read(index: number): Promise<Row> {
    checkIndex(this, index);
    const place = this.places[index]!;
    const values = this.values[index];
    const row = { index, place, folder: dirname(this.path) };
    if (isObject(values)) return { ...row, values };
    return {
      ...row,
      problem: { row: index, place, field: '(whole row)', found: typeof values, expected: 'a JSON object' },
    };
  }

  async *rows(): AsyncIterable<Row> {
    for (let index = 0; index < this.length; index++) yield await this.read(index);
  }

  async close(): Promise<void> {}
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
