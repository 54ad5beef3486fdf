import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemError } from '../system-error.js';
import { UserError } from '../user-error.js';

/** Folders within folders that are looked into. */
const depth = 4;

/**
 * Finds the runs in a folder and the folders in it. A run is a directory whose config.json has `steps`, which that of a
 * model has not.
 *
 * @param folder looked into four folders deep; a run itself is found too.
 * @returns their directories, in the order of their names.
 * @throws UserError when there is no such folder.
 */
export function findRuns(folder: string): string[] {
  const runs: string[] = [];
  const look = (path: string, level: number) => {
    if (isRun(path)) {
      runs.push(path);
      return;
    }
    if (level === depth) return;
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory() && entry.name !== 'node_modules' && !entry.name.startsWith('.'))
        look(join(path, entry.name), level + 1);
    }
  };
  try {
    look(folder, 0);
  } catch (error) {
    throw new UserError(`${folder}: found no folder that can be read (${systemError(error).code}).`);
  }
  return runs.sort();
}

function isRun(directory: string): boolean {
  try {
    const config: unknown = JSON.parse(readFileSync(join(directory, 'config.json'), 'utf8'));
    return (
      typeof config === 'object' && config !== null && 'steps' in config && typeof config.steps === 'number'
    );
  } catch {
    return false;
  }
}
