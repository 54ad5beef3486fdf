import type { Estimate } from '../evaluate/estimates.js';

/**
 * Difference of two independent estimates from their intervals (Newcombe 1998, method 10; Zou and Donner 2008,
 * doi:10.1002/sim.3095):
 *
 *   d = a − b,   low = d − √((a − aₗ)² + (bᵤ − b)²),   high = d + √((aᵤ − a)² + (b − bₗ)²)
 *
 * Wider than a paired one where both answered the same questions.
 *
 * @param after a, with its interval.
 * @param before b, with its interval.
 * @returns d with its interval, of the same confidence.
 */
export function independentDifference(after: Estimate, before: Estimate): Estimate {
  const value = after.value - before.value;
  return {
    value,
    low: value - Math.hypot(after.value - after.low, before.high - before.value),
    high: value + Math.hypot(after.high - after.value, before.value - before.low),
  };
}
