import type { EvaluationSample } from '@cppo/bench';
import type { Sample } from '@cppo/dataset';

/**
 * A sample with its task, its reference reply and the values in it that come from the picture, where its row has them (`cppo bench
 * export` writes them): so an evaluation tells misreadings from other faults, and gives figures for each task.
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
