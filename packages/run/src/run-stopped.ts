import { systemError } from './system-error.js';

/**
 * A valid run that cannot continue: a full disk, a loss that is not finite.
 * What was done is kept; the command line prints the one sentence and exits with 3.
 */
export class RunStopped extends Error {
  override name = 'RunStopped';
}

/**
 * Recognises a `RunStopped` by its name, so that another copy of this package counts too.
 *
 * @param error anything thrown.
 * @returns true for a `RunStopped`.
 * @example
 * isRunStopped(new RunStopped('the disk is full')); // true
 */
export function isRunStopped(error: unknown): error is RunStopped {
  return error instanceof Error && error.name === 'RunStopped';
}

const writing: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left',
  EDQUOT: 'the quota is used up',
  EFBIG: 'a file would be larger than allowed',
  EROFS: 'the file system is read-only',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EIO: 'the device reports an error',
};

/**
 * Explains why a file could not be written.
 *
 * @param error anything thrown.
 * @returns a sentence and whether the disk is full; undefined for any other error.
 */
export function unwritable(error: unknown): { sentence: string; full: boolean } | undefined {
  const { code, path } = systemError(error);
  const reason = code === undefined ? undefined : writing[code];
  if (reason === undefined) return undefined;
  return {
    sentence: `${path ?? 'a file'}: ${reason} (${code}).`,
    full: code === 'ENOSPC' || code === 'EDQUOT',
  };
}

/**
 * Explains an error of a run directory that can no longer be written to.
 *
 * @param error anything thrown.
 * @param directory of the run.
 * @returns a `RunStopped`; any other error unchanged.
 */
export function stoppedByDisk(error: unknown, directory: string): unknown {
  const { code, path } = systemError(error);
  const reason = code === undefined ? undefined : writing[code];
  if (reason === undefined) return error;
  return new RunStopped(
    `output: ${path ?? directory} cannot be written: ${reason} (${code}); when it can, resume with: cppo train --resume ${directory}`,
  );
}
