import type { ScoreRequest } from './plan.js';

/** Requests without repetitions, and the index of the distinct completion for each requested one. */
export interface DistinctRequests {
  readonly requests: readonly ScoreRequest[];
  /** [B] */
  readonly index: readonly number[];
}

/**
 * Completions of one prompt that are equal, token for token, have equal scores: each is scored once. Samples of a small or
 * a sure model often are, above all the right ones.
 */
export function distinct(requests: readonly ScoreRequest[]): DistinctRequests {
  let count = 0;
  const index: number[] = [];
  const reduced = requests.map(({ prompt, completions }) => {
    const known = new Map<string, number>();
    const kept = completions.filter((completion) => {
      const key = completion.join();
      const found = known.get(key);
      index.push(found ?? count);
      if (found === undefined) known.set(key, count++);
      return found === undefined;
    });
    return { prompt, completions: kept };
  });
  return { requests: reduced, index };
}
