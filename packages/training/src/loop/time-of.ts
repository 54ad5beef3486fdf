import { duration } from '@cppo/run';

/** Time that steps take, evaluations not counted. */
export function timeOf(secondsPerStep: number, steps: number): string {
  return `time       ${duration(secondsPerStep)} a step, ${duration(secondsPerStep * steps)} for ${steps === 1 ? '1 step' : `${steps} steps`}, evaluations not counted`;
}
