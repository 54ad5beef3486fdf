import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { unwritable } from '../run-stopped.js';
import { systemError } from '../system-error.js';
import { UserError } from '../user-error.js';
import { isDirectory, makeDirectories } from './make-directories.js';

/**
 * Checks, before any work is done, that a file can be written at its end.
 *
 * @param option that names it, for the message.
 * @param path of the file; undefined needs no check.
 * @throws UserError when it cannot.
 */
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

/**
 * Creates a directory for results before any work is done; it may exist already.
 *
 * @param option that names it, for the message.
 * @param path of the directory; undefined creates none.
 * @throws UserError when it cannot.
 * @example
 * const path = join(folder, 'results', 'first');
 * makeOutputDirectory('--out', path);
 * findRuns(path); // []
 */
export function makeOutputDirectory(option: string, path: string | undefined): void {
  if (path === undefined) return;
  try {
    makeDirectories(path);
  } catch (error) {
    const parent = nearestDirectory(resolve(path));
    if (parent !== resolve(path)) refuseUnwritable(option, path, parent);
    throw new UserError(
      `${option}: found ${path}, which cannot be made a directory (${systemError(error).code}).`,
    );
  }
  refuseUnwritable(option, path, path);
}

/**
 * Checks, before any work is done, that a directory can be created at its end.
 *
 * @param option that names it, for the message.
 * @param path of the directory.
 * @throws UserError when it cannot.
 */
export function checkOutputDirectory(option: string, path: string): void {
  const there = nearestThere(resolve(path));
  if (!isDirectory(there)) {
    throw new UserError(`${option}: found ${path}, but ${there} is a file, expected a directory.`);
  }
  refuseUnwritable(option, path, there);
}

function nearestThere(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestThere(dirname(path));
}

function nearestDirectory(path: string): string {
  return isDirectory(path) || dirname(path) === path ? path : nearestDirectory(dirname(path));
}

/** Tries it: of file systems and containers permissions do not tell all. */
function refuseUnwritable(option: string, path: string, directory: string): void {
  try {
    rmSync(mkdtempSync(join(directory, '.cppo-')), { recursive: true });
  } catch (error) {
    const reason =
      systemError(error).code === 'ENOENT'
        ? `${directory} takes no new files`
        : (unwritable(error)?.sentence.replace(/^.*?: |\.$/g, '') ?? (error as Error).message);
    throw new UserError(`${option}: ${path} cannot be written: ${reason}.`);
  }
}
