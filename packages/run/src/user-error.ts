/**
 * A mistake in what the user gave: a key, a file, a value. A command line prints its one sentence and
 * exits with 2; every other error is a fault of the program and exits with 1.
 */
export class UserError extends Error {
  override name = 'UserError';
}

/**
 * Recognises a `UserError` by its name, so that another copy of this package counts too.
 *
 * @param error anything thrown.
 * @returns true for a `UserError`.
 * @example
 * isUserError(new UserError('no such file')); // true
 * isUserError(new Error('no such file')); // false
 */
export function isUserError(error: unknown): error is UserError {
  return error instanceof Error && error.name === 'UserError';
}
