import type { RowProblem } from '../problem.js';

/** One row as stored in the file: its columns, or why they could not be read. */
export type Row = {
  /** Zero-based, over all files of the source. */
  readonly index: number;
  /** From 1: the line of a text file, the row of a table. */
  readonly number: number;
  /** Name of the file, where a source has several. */
  readonly file?: string;
  /** `path:number`, for messages. */
  readonly place: string;
  /** Folder against which the row's relative paths are resolved. */
  readonly folder: string;
} & (
  | { readonly values: Readonly<Record<string, unknown>>; readonly problem?: undefined }
  | { readonly values?: undefined; readonly problem: RowProblem }
);

/** Rows that can be read in file order or at random, without holding the file in memory. */
export interface RowSource {
  readonly name: string;
  readonly format: 'json lines' | 'json' | 'csv' | 'parquet';
  readonly length: number;
  /** Column name → type in words, of the columns known without reading all rows. */
  readonly schema: Readonly<Record<string, string>>;
  /** Says which columns will be needed; a source that reads by column leaves out the others. */
  select?(columns: readonly string[]): void;
  read(index: number): Promise<Row>;
  /** All rows in file order. */
  rows(): AsyncIterable<Row>;
  close(): Promise<void>;
}

/** @throws RangeError when `index` is not a row. */
export function checkIndex(source: { readonly name: string; readonly length: number }, index: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= source.length) {
    throw new RangeError(
      `${source.name}: found index ${index}; expected a whole number in [0, ${source.length})`,
    );
  }
}
