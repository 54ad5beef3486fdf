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

/** Keeps in a file of JSON lines which rows of a set were left out, in place of what was said of it before; no rows, no file. */
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
