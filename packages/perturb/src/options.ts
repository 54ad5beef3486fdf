import { z } from 'zod';
import { type Random, uniform } from './random.js';

/** A fixed value, or [minimum, maximum] between which each draw is uniform. */
export type Range = number | readonly [minimum: number, maximum: number];

/** Schema of a `Range` whose values stay within [minimum, maximum]. */
export function rangeWithin(minimum: number, maximum: number) {
  const value = z.number().min(minimum).max(maximum);
  return z.union([
    value,
    z
      .tuple([value, value])
      .refine(([low, high]) => low <= high, 'expected [minimum, maximum] with minimum ≤ maximum')
      .readonly(),
  ]);
}

export function draw(random: Random, range: Range): number {
  return typeof range === 'number' ? range : uniform(random, range[0], range[1]);
}
