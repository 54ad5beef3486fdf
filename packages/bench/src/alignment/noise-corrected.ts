import { studentT } from '../ablation/crossed-interval.js';
import type { Estimate } from '../evaluate/estimates.js';

/** How a gradient lies to another one, both freed of the noise of their blocks. */
export interface GradientComparison {
  /** Of the angle between the means; above 1 or below −1 only by chance. NaN where a mean is not told from noise. */
  readonly cosine: Estimate;
  /** ‖mean gradient‖ / ‖mean reference‖. */
  readonly normRatio: Estimate;
}

/** Some numbers of one block's gradient; dot products of them are those of gradients. */
export type BlockGradient = ArrayLike<number>;

/**
 * Compares the expectations of two gradients, of which independent blocks are known. Blocks share no question, so the
 * product of different blocks has no product of noise with itself in it:
 *
 *   c·r = mean over i ≠ j of c_i·r_j,   ‖r‖² = mean of r_i·r_j,   ‖c‖² = mean of c_i·c_j
 *   cosine = c·r / (‖c‖·‖r‖)
 *
 * With two blocks this is the method of halves. Intervals are Student's t over the jackknife (a block left out at a time).
 *
 * @param reference the gradient of each block to compare with.
 * @param gradients those of the same blocks that are compared.
 * @returns cosine and ratio of the norms, with 95 % intervals; NaN bounds for fewer than three blocks.
 * @throws RangeError when the numbers of blocks differ, or there are fewer than two.
 */
export function compareGradients(
  reference: readonly BlockGradient[],
  gradients: readonly BlockGradient[],
): GradientComparison {
  const blocks = reference.length;
  if (blocks < 2 || gradients.length !== blocks) {
    throw new RangeError(
      `compareGradients: found ${blocks} and ${gradients.length} blocks; expected two or more, of both as many.`,
    );
  }
  const [rr, cr, cc] = [
    products(reference, reference),
    products(gradients, reference),
    products(gradients, gradients),
  ] as const;
  const among = (kept: readonly number[]) => {
    const [r, both, c] = [rr, cr, cc].map((table) => meanOfPairs(table, kept)) as [number, number, number];
    return { cosine: both / (Math.sqrt(r) * Math.sqrt(c)), normRatio: Math.sqrt(c) / Math.sqrt(r) };
  };
  return {
    cosine: jackknife(blocks, (kept) => among(kept).cosine),
    normRatio: jackknife(blocks, (kept) => among(kept).normRatio),
  };
}

/**
 * What a step along one gradient gains of what descends along the reference, as a multiple of what one along another gains:
 *
 *   c·r / p·r      of the means, freed of the noise of their blocks as in `compareGradients`
 *
 * Unlike a cosine it needs no norm, so it is known where the mean of c is still lost in its noise.
 *
 * @param reference the gradient of each block that tells what is gained.
 * @param standard the gradient of each block whose gain is 1.
 * @param gradients the one that is measured.
 * @returns the multiple, with its 95 % interval.
 */
export function relativeGain(
  reference: readonly BlockGradient[],
  standard: readonly BlockGradient[],
  gradients: readonly BlockGradient[],
): Estimate {
  const [cr, pr] = [products(gradients, reference), products(standard, reference)];
  return jackknife(reference.length, (kept) => meanOfPairs(cr, kept) / meanOfPairs(pr, kept));
}

/**
 * Compares a gradient with itself in other blocks: those of odd number against those of even number. 1 but for chance,
 * unless the blocks are not alike.
 *
 * @param gradients of each block; four or more.
 * @returns the cosine between the means of both halves, noise corrected, with its 95 % interval.
 */
export function compareHalves(gradients: readonly BlockGradient[]): Estimate {
  const table = products(gradients, gradients);
  return jackknife(gradients.length, (kept) => {
    const [even, odd] = [kept.filter((i) => i % 2 === 0), kept.filter((i) => i % 2 === 1)];
    const across = mean(even.flatMap((i) => odd.map((j) => table[i]![j]!)));
    return across / (Math.sqrt(meanOfPairs(table, even)) * Math.sqrt(meanOfPairs(table, odd)));
  });
}

/** Squared norm of the mean of a gradient, freed of the noise of its blocks: of a mean of nothing it may be negative. */
export function squaredNorm(gradients: readonly BlockGradient[]): number {
  const table = products(gradients, gradients);
  return meanOfPairs(table, [...table.keys()]);
}

function products(rows: readonly BlockGradient[], columns: readonly BlockGradient[]): number[][] {
  return rows.map((row) => columns.map((column) => dot(row, column)));
}

function dot(one: BlockGradient, other: BlockGradient): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += one[i]! * other[i]!;
  return sum;
}

function meanOfPairs(table: readonly (readonly number[])[], kept: readonly number[]): number {
  return mean(kept.flatMap((i) => kept.flatMap((j) => (i === j ? [] : [table[i]![j]!]))));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** A figure of all blocks, with a 95 % interval from leaving out one at a time. */
function jackknife(blocks: number, figure: (kept: readonly number[]) => number): Estimate {
  const all = Array.from({ length: blocks }, (_, i) => i);
  const value = figure(all);
  const without = all.map((left) => figure(all.filter((i) => i !== left)));
  const center = mean(without);
  const squares = without.reduce((sum, each) => sum + (each - center) ** 2, 0);
  const reach = studentT(0.975, blocks - 1) * Math.sqrt(((blocks - 1) / blocks) * squares);
  return { value, low: value - reach, high: value + reach };
}
