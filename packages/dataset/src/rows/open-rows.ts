import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { isGitLfsPointer, pointerLength } from '../git-lfs.js';
import { Concatenation } from './concatenation.js';
import { openCsv } from './csv.js';
import { openJson } from './json.js';
import { openJsonLines } from './json-lines.js';
import { openParquet, rowCache } from './parquet.js';
import type { RowSource } from './row-source.js';

const endings = ['.parquet', '.jsonl', '.ndjson', '.json', '.csv', '.tsv'];
const metadataNames = ['metadata.jsonl', 'metadata.csv', 'metadata.parquet'];

/**
 * Opens what a path names: a file by its ending, a folder, or files by a pattern with `*` in the file's name.
 *
 * @throws RangeError when there is nothing there, TypeError when it cannot be read as what it says it is.
 */
export async function openRows(path: string): Promise<RowSource> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return openFolder(path);
  if (found) return openFile(path);
  if (path.includes('*')) {
    const files = await matching(path);
    if (files.length === 0)
      throw new RangeError(`openDataset: found no file that matches ${path}; expected one or more`);
    return openFiles(basename(path), files);
  }
  throw new RangeError(`openDataset: found no file or folder ${path}; expected a path that exists`);
}

/** Opens files of one set as one. */
export async function openFiles(name: string, files: readonly string[]): Promise<RowSource> {
  const parts: RowSource[] = [];
  const cache = rowCache();
  try {
    for (const file of files) parts.push(await openFile(file, cache));
  } catch (error) {
    await Promise.all(parts.map((part) => part.close()));
    throw error;
  }
  return parts.length === 1 ? parts[0]! : new Concatenation(name, parts);
}

/** By its ending; but parquet is recognised by its first bytes, whatever its name. */
async function openFile(path: string, cache = rowCache()): Promise<RowSource> {
  const head = await firstBytes(path, pointerLength);
  if (isGitLfsPointer(head)) {
    throw new TypeError(
      `openDataset: found ${path}, a pointer of Git LFS and not the file itself; expected the file: run "git lfs pull" ` +
        'where it was cloned, or download it',
    );
  }
  if (head.toString('latin1').startsWith('PAR1')) return openParquet(path, cache);
  switch (extname(path).toLowerCase()) {
    case '.parquet':
      return openParquet(path, cache);
    case '.jsonl':
    case '.ndjson':
      return openJsonLines(path);
    case '.json':
      return openJson(path);
    case '.csv':
      return openCsv(path, ',');
    case '.tsv':
      return openCsv(path, '\t');
    default:
      throw new RangeError(
        `openDataset: found ${path}; expected a file that ends in ${endings.join(', ')}, or a folder`,
      );
  }
}

async function firstBytes(path: string, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** A folder of pictures described by metadata.jsonl or metadata.csv, or a folder of data files. */
async function openFolder(path: string): Promise<RowSource> {
  const names = (await readdir(path)).sort();
  if (names.includes('dataset_dict.json') || names.some((name) => name.endsWith('.arrow'))) {
    throw new TypeError(
      `openDataset: found folder ${path}, written by save_to_disk of Python's datasets (Arrow files); expected parquet, which load_from_disk(${JSON.stringify(path)})${names.includes('dataset_dict.json') ? '[split]' : ''}.to_parquet("data.parquet") writes`,
    );
  }
  const metadata = metadataNames.find((name) => names.includes(name));
  if (metadata) return openFile(join(path, metadata));
  for (const ending of endings) {
    const files = names.filter((name) => extname(name).toLowerCase() === ending);
    if (files.length > 0)
      return openFiles(
        basename(path),
        files.map((name) => join(path, name)),
      );
  }
  if (names.includes('data')) return openFolder(join(path, 'data'));
  const shown = names.slice(0, 5).join(', ');
  throw new RangeError(
    `openDataset: found folder ${path} with ${shown || 'nothing in it'}; expected ${metadataNames.join(' or ')}, or files that end in ${endings.join(', ')}`,
  );
}

async function matching(pattern: string): Promise<string[]> {
  const folder = dirname(pattern);
  const parts = basename(pattern)
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${parts.join('.*')}$`);
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => expression.test(name))
    .sort()
    .map((name) => join(folder, name));
}
