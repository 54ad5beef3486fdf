import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory and those above it. One at a time: Node's recursive `mkdir` never comes to an end in /proc, and says
 * nothing of use on a read-only file system.
 *
 * @throws the error of the first that cannot be made.
 */
export function makeDirectories(path: string): void {
  if (isDirectory(path)) return;
  if (!existsSync(dirname(path))) makeDirectories(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it in between.
    if (!isDirectory(path)) throw error;
  }
}

/** Whether a directory exists; one that cannot be read does not. */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
