import { existsSync, readFileSync, rmSync } from 'node:fs';
import { writeWholeFile } from '../directory/whole-file.js';

/** A row that cannot be used, and why. */
export interface SkippedRow {
  /** Row of the whole set, from 1. */
  readonly row: number;
  /** `file:number`, from 1. */
  readonly place: string;
  /** Short and countable: `no image`, the name of a filter, … */
  readonly reason: string;
  /** The whole story in one sentence. */
  readonly detail: string;
}

/** A row of a data set that a run did without. */
export interface LeftOutRow extends SkippedRow {
  /** The key that names the set: `data.train` or `data.eval`. */
  readonly data: string;
}

/**
 * Records which rows of a data set were skipped, as JSON lines; replaces the earlier record. Writes no file
 * for no rows.
 *
 * @param path of the file.
 * @param data name of the set.
 * @param skipped rows with their reasons.
 */
export function writeLeftOut(path: string, data: string, skipped: readonly SkippedRow[]): void {
  const others = readLeftOut(path).filter((row) => row.data !== data);
  const rows = [...others, ...skipped.map((row): LeftOutRow => ({ data, ...row }))];
  if (rows.length === 0) rmSync(path, { force: true });
  else writeWholeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

function readLeftOut(path: string): LeftOutRow[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}
