import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isFolder, makeFolder, UserError, unwritable } from '@cppo/run';

/** Says before any work is done that a file could not be written at its end. */
export function checkOutputFile(option: string, path: string | undefined): void {
  if (path === undefined) return;
  if (!isFolder(dirname(path))) {
    throw new UserError(
      `${option}: found ${path}, but there is no directory ${dirname(path)} to write it in.`,
    );
  }
  if (isFolder(path))
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
    makeFolder(path);
  } catch (error) {
    const reason = reasonOf(error);
    if (reason !== undefined) throw new UserError(`${option}: ${path} cannot be written: ${reason}.`);
    throw new UserError(
      `${option}: found ${path}, which cannot be made a directory (${(error as NodeJS.ErrnoException).code}).`,
    );
  }
  refuseUnwritable(option, path, path);
}

/** Says before any work is done that a directory could not be made at its end. */
export function checkOutputDirectory(option: string, path: string): void {
  const nearest = nearestExisting(resolve(path));
  if (!isFolder(nearest)) {
    throw new UserError(`${option}: found ${path}, but ${nearest} is a file, expected a directory.`);
  }
  refuseUnwritable(option, path, nearest);
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}

/** Tries it: of file systems and containers permissions do not tell all. */
function refuseUnwritable(option: string, path: string, directory: string): void {
  try {
    rmSync(mkdtempSync(join(directory, '.cppo-')), { recursive: true });
  } catch (error) {
    const reason = reasonOf(error) ?? (error as Error).message;
    throw new UserError(`${option}: ${path} cannot be written: ${reason}.`);
  }
}

/** Why a file system refuses to write; nothing for any other error. */
function reasonOf(error: unknown): string | undefined {
  return unwritable(error)?.sentence.replace(/^.*?: |\.$/g, '');
}
