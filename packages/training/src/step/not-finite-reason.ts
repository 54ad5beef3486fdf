import type { StepReport } from '@cppo/grpo';

/**
 * What a policy says that its numbers are no numbers any more, where an error or what caused it is that: an error named
 * NotFiniteError. It is known by its name, so that a policy of the user's own can throw the same.
 *
 * @returns the first sentence up to what would have been expected; nothing for any other error.
 */
export function notFiniteReason(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name !== 'NotFiniteError') return notFiniteReason(error.cause);
  const [reason = ''] = error.message.split(/[;,] expected |\.\s|\.?\n|\.$/);
  return reason === '' ? 'a value is not finite' : reason;
}

/** The report of an update that the policy or a term gave up because a value is not finite; any other error is thrown. */
export function skippedByError(error: unknown): StepReport {
  const skipped = notFiniteReason(error);
  if (skipped === undefined) throw error;
  return { skipped, metrics: {} };
}
