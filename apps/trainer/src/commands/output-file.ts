import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../user-error.js';

/** Says before any work is done that a file could not be written at its end. */
export function checkOutputFile(option: string, path: string | undefined): void {
  if (path === undefined) return;
  if (!isDirectory(dirname(path))) {
    throw new UserError(
      `${option}: found ${path}, but there is no directory ${dirname(path)} to write it in.`,
    );
  }
  if (isDirectory(path))
    throw new UserError(`${option}: found the directory ${path}, expected a file to write.`);
}

/** Makes a directory for results before any work is done; it may be there already. */
export function makeOutputDirectory(option: string, path: string | undefined): void {
  if (path === undefined) return;
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new UserError(
      `${option}: found ${path}, which cannot be made a directory (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
