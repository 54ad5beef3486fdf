import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import ts from 'typescript';

/** That modules of one folder import modules of another; types and `import()` count. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** `file → file`, one of the imports that it stands for. */
  readonly example: string;
}

/**
 * The arrows between the folders below `source`, each drawn once. A folder's name is its path; a file that lies in
 * `source` itself is a folder of its own. Tests and fixtures are left out.
 */
export function importArrows(source: string): Arrow[] {
  const arrows = new Map<string, Arrow>();
  for (const file of modulesBelow(source)) {
    for (const imported of importsOf(file)) {
      const [from, to] = [folderOf(source, file), folderOf(source, imported)];
      const example = `${pathIn(source, file)} → ${pathIn(source, imported)}`;
      if (from !== to && !arrows.has(`${from} → ${to}`)) arrows.set(`${from} → ${to}`, { from, to, example });
    }
  }
  return [...arrows.values()];
}

function folderOf(source: string, file: string): string {
  const path = pathIn(source, file);
  return path.includes('/') ? dirname(path) : path;
}

function pathIn(source: string, file: string): string {
  return relative(source, file).split(sep).join('/');
}

function modulesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith('__') ? [] : modulesBelow(path);
    return /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

/** The modules of the same package that a module imports. */
function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith('.'))
    .flatMap(({ fileName }) => {
      const written = join(dirname(file), fileName.replace(/\.js$/, ''));
      const found = [`${written}.ts`, `${written}.tsx`].find((path) => existsSync(path));
      return found === undefined ? [] : [found];
    });
}
