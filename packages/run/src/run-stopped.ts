import { systemError } from './system-error.js';

/**
 * A run that cannot go on though nothing is wrong with what was asked: a full disk, a loss that is not finite.
 * What was done is kept; the command line prints the one sentence and exits with 3.
 */
export class RunStopped extends Error {
  override name = 'RunStopped';
}

/** Recognises a `RunStopped` by its name, so that one of another copy of this package counts too. */
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

/** The sentence for a file that could not be written, wherever that was; nothing for any other error. */
export function unwritable(error: unknown): { sentence: string; full: boolean } | undefined {
  const { code, path } = systemError(error);
  const reason = code === undefined ? undefined : writing[code];
  if (reason === undefined) return undefined;
  return {
    sentence: `${path ?? 'a file'}: ${reason} (${code}).`,
    full: code === 'ENOSPC' || code === 'EDQUOT',
  };
}

/** The sentence for a run directory that stopped taking files; any other error comes back as it is. */
export function stoppedByDisk(error: unknown, directory: string): unknown {
  const { code, path } = systemError(error);
  const reason = code === undefined ? undefined : writing[code];
  if (reason === undefined) return error;
  return new RunStopped(
    `output: ${path ?? directory} cannot be written: ${reason} (${code}); when it can, go on with: cppo train --resume ${directory}`,
  );
}
