/**
 * A mistake in what the user gave: a key, a file, a value. The command line prints its one sentence and
 * exits with 2; every other error is ours and exits with 1.
 */
export class UserError extends Error {
  override name = 'UserError';
}
