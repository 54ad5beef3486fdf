import * as tf from '@tensorflow/tfjs-core';
import type { LossTerm } from '../loss-term.js';
import { clipByGlobalNorm } from '../optimizer/clip-by-global-norm.js';
import type { GradientSums } from './gradient-sums.js';

/** A term that has a share of the norm of the others, with its own gradients over the whole batch. */
export interface SharedTerm {
  readonly term: Pick<LossTerm<never>, 'name' | 'normShare'>;
  readonly sums: GradientSums;
}

/**
 * Adds gradients of terms to the sum of the others, each at its share of that sum's norm:
 *
 *   g ← g + Σ λ·g_term,   λ = share · ‖g‖ / ‖g_term‖      ‖g‖ before anything was added
 *
 * @returns λ by the name of the term; 0 where its gradient is 0. What is not finite stays so.
 */
export async function addByNorm(
  sums: GradientSums,
  shared: readonly SharedTerm[],
): Promise<Record<string, number>> {
  if (shared.length === 0) return {};
  const whole = await normOf(sums);
  const coefficients: Record<string, number> = {};
  for (const { term, sums: own } of shared) {
    const norm = await normOf(own);
    const coefficient = norm === 0 ? 0 : (term.normShare! * whole) / norm;
    const entries = Object.entries(own.gradients);
    sums.add(Object.fromEntries(entries.map(([name, gradient]) => [name, tf.mul(gradient, coefficient)])));
    coefficients[term.name] = coefficient;
  }
  return coefficients;
}

async function normOf({ gradients }: GradientSums): Promise<number> {
  return (await clipByGlobalNorm(gradients, Number.POSITIVE_INFINITY)).norm;
}
