import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { openJsonLines } from './json-lines.js';
import type { RowSource } from './row-source.js';

/** Opens a file or folder by its ending. */
export async function openRows(path: string): Promise<RowSource> {
  const found = await stat(path).catch(() => undefined);
  if (!found)
    throw new RangeError(`openDataset: found no file or folder ${path}; expected a path that exists`);
  switch (extname(path).toLowerCase()) {
    case '.jsonl':
    case '.ndjson':
      return openJsonLines(path);
    default:
      throw new RangeError(`openDataset: found ${path}; expected a file that ends in .jsonl`);
  }
}
