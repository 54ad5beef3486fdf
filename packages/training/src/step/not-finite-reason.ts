import type { StepReport } from '@cppo/grpo';

/**
 * Finds the reason that a value is not finite: the message of a NotFiniteError, which may be the cause of the
 * error. Recognised by name, so that a custom policy can throw one too.
 *
 * @param error anything thrown.
 * @returns the first sentence up to "expected"; undefined for any other error.
 * @example
 * const error = new Error('logits hold NaN; expected finite numbers.');
 * notFiniteReason(error); // undefined
 * error.name = 'NotFiniteError';
 * notFiniteReason(error); // 'logits hold NaN'
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
