import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UserError, unwritable } from '@cppo/run';

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
  // A device or a pipe is written into.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) return;
  // Files are written under another name and renamed, so it is the directory that has to take them.
  refuseUnwritable(option, path, dirname(path));
}

/** Makes a directory for results before any work is done; it may be there already. */
export function makeOutputDirectory(option: string, path: string | undefined): void {
  if (path === undefined) return;
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    // Of a read-only file system Node says so only where the parent is tried by itself.
    const parent = nearestDirectory(resolve(path));
    if (parent !== resolve(path)) refuseUnwritable(option, path, parent);
    throw new UserError(
      `${option}: found ${path}, which cannot be made a directory (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
  refuseUnwritable(option, path, path);
}

/** Says before any work is done that a directory could not be made at its end. */
export function checkOutputDirectory(option: string, path: string): void {
  refuseUnwritable(option, path, nearestDirectory(resolve(path)));
}

function nearestDirectory(path: string): string {
  return isDirectory(path) || dirname(path) === path ? path : nearestDirectory(dirname(path));
}

/** Tries it: of file systems and containers permissions do not tell all. */
function refuseUnwritable(option: string, path: string, directory: string): void {
  try {
    rmSync(mkdtempSync(join(directory, '.cppo-')), { recursive: true });
  } catch (error) {
    const reason = unwritable(error)?.sentence.replace(/^.*?: |\.$/g, '') ?? (error as Error).message;
    throw new UserError(`${option}: ${path} cannot be written: ${reason}.`);
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
