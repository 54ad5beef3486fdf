import type { EvaluatedStep } from '@cppo/run';

/** How the held-out accuracy of a run has gone while it trained. */
export interface HeldOutCourse {
  /** The step with the highest accuracy; of equal ones the first. */
  readonly best: number;
  /** Evaluations since then, none of which was better. */
  readonly sinceBest: number;
}

/** @param evaluated by step; nothing comes of none. */
export function heldOutCourse(evaluated: readonly EvaluatedStep[]): HeldOutCourse | undefined {
  let best: { readonly index: number; readonly step: number; readonly accuracy: number } | undefined;
  for (const [index, { step, report }] of evaluated.entries()) {
    const accuracy = report.avg.value;
    if (best === undefined || accuracy > best.accuracy) best = { index, step, accuracy };
  }
  return best && { best: best.step, sinceBest: evaluated.length - 1 - best.index };
}
