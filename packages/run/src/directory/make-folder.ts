import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemError } from '../system-error.js';

/**
 * Makes a directory and those above it. Unlike `mkdirSync` with `recursive` it ends where a file system refuses with ENOENT
 * (`/proc`), and an error has the reason of the directory that was refused (EROFS, EACCES, ENOTDIR, …).
 */
export function makeFolder(path: string): void {
  if (isFolder(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it in the meantime.
    if (systemError(error).code !== 'EEXIST' || !isFolder(path)) throw error;
  }
}

/** Whether there is a directory; false also below what is a file. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
