import type { EvaluationSample } from '@cppo/bench';
import type { Sample } from '@cppo/dataset';

/**
 * Adds the task, the reference reply and the values read from the picture, where the row has them (`cppo
 * bench export` writes them), so that an evaluation distinguishes misreadings from other faults and reports
 * each task.
 *
 * @param sample one row.
 * @returns the sample for `evaluate`.
 * @example
 * const row = { id: 'a', question: 'Sum?', answer: '5', images: [], metadata: { task: 'digits' } };
 * withGroundTruth(row).task; // 'digits'
 */
export function withGroundTruth(sample: Sample): Sample & EvaluationSample {
  const { task, reference, perception } = sample.metadata ?? {};
  return {
    ...sample,
    ...(typeof task === 'string' ? { task } : {}),
    ...(typeof reference === 'string' && isSpans(perception, reference.length)
      ? { reference, perception }
      : {}),
  };
}

function isSpans(value: unknown, length: number): value is [number, number][] {
  return (
    Array.isArray(value) &&
    value.every(
      (span) =>
        Array.isArray(span) &&
        span.length === 2 &&
        span.every(Number.isInteger) &&
        span[0] >= 0 &&
        span[0] < span[1] &&
        span[1] <= length,
    )
  );
}
