/**
 * A mistake in what the user gave: a key, a file, a value. A command line prints its one sentence and
 * exits with 2; every other error is a fault of the program and exits with 1.
 */
export class UserError extends Error {
  override name = 'UserError';
}

/** Recognises a `UserError` by its name, so that one of another copy of this package counts too. */
export function isUserError(error: unknown): error is UserError {
  return error instanceof Error && error.name === 'UserError';
}
