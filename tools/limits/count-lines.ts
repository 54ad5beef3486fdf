import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Lines of a file of source, or of all below a folder; tests and fixtures are not counted. */
export function countLines(path: string): number {
  if (statSync(path).isFile()) return readFileSync(path, 'utf8').trimEnd().split('\n').length;
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => (entry.isDirectory() ? !entry.name.startsWith('__') : isSource(entry.name)))
    .map((entry) => countLines(join(path, entry.name)))
    .reduce((sum, lines) => sum + lines, 0);
}

const isSource = (name: string) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name);
