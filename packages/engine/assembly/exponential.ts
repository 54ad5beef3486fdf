// exp on four numbers at once, within 2 units in the last place: x = n·ln 2 + r with |r| ≤ ½ ln 2, a polynomial
// for exp(r) (coefficients of Cephes' expf), and n added to the exponent.

import { multiplyAdd } from './micro-kernel';

/**
 * What `exponential` needs, four times over. It is read from memory because V8 builds a vector constant anew
 * at every use, which took longer than the arithmetic.
 */
@unmanaged
export class ExponentialTable {
  most: v128;
  least: v128;
  log2e: v128;
  magic: v128;
  ln2High: v128;
  ln2Low: v128;
  p0: v128;
  p1: v128;
  p2: v128;
  p3: v128;
  p4: v128;
  p5: v128;
  one: v128;
  infinite: v128;
}

export function fillExponentialTable(at: usize): void {
  const table = changetype<ExponentialTable>(at);
  // Beyond these bounds the result is infinite or 0 (below the smallest normal number).
  table.most = f32x4.splat(88.722835);
  table.least = f32x4.splat(-87.336544);
  table.log2e = f32x4.splat(1.4426950408889634);
  // 1.5 · 2²³: what is added to it is rounded to a whole number, which stands in the lowest bits.
  table.magic = f32x4.splat(12582912);
  table.ln2High = f32x4.splat(-0.693359375);
  table.ln2Low = f32x4.splat(2.12194440e-4);
  table.p0 = f32x4.splat(1.9875691500e-4);
  table.p1 = f32x4.splat(1.3981999507e-3);
  table.p2 = f32x4.splat(8.3334519073e-3);
  table.p3 = f32x4.splat(4.1665795894e-2);
  table.p4 = f32x4.splat(1.6666665459e-1);
  table.p5 = f32x4.splat(5.0000001201e-1);
  table.one = f32x4.splat(1);
  table.infinite = f32x4.splat(Infinity);
}

/** exp(x) where |x| < 87; elsewhere a number that is as small or large as those at the bounds; anything for NaN. */
@inline
function bounded(inside: v128, table: ExponentialTable): v128 {
  const shifted = multiplyAdd(inside, table.log2e, table.magic);
  const n = f32x4.sub(shifted, table.magic);
  let r = multiplyAdd(n, table.ln2High, inside);
  r = multiplyAdd(n, table.ln2Low, r);
  // In pairs (Estrin), since the processor waits for what depends on each other here, not for its units.
  const square = f32x4.mul(r, r);
  let p = multiplyAdd(multiplyAdd(table.p0, r, table.p1), square, multiplyAdd(table.p2, r, table.p3));
  p = multiplyAdd(p, square, multiplyAdd(table.p4, r, table.p5));
  p = multiplyAdd(p, square, f32x4.add(r, table.one));
  return i32x4.add(p, i32x4.shl(shifted, 23));
}

@inline
function clamp(x: v128, table: ExponentialTable): v128 {
  // NaN stays NaN: the `p` forms of minimum and maximum keep their first operand then.
  return f32x4.pmax(f32x4.pmin(x, table.most), table.least);
}

/** exp(x). */
@inline
export function exponential(x: v128, at: usize): v128 {
  const table = changetype<ExponentialTable>(at);
  const inside = clamp(x, table);
  // Nothing is added but to NaN, whose exponent may have been spoilt.
  let p = f32x4.add(bounded(inside, table), f32x4.sub(inside, inside));
  p = v128.bitselect(table.infinite, p, f32x4.gt(x, table.most));
  return v128.andnot(p, f32x4.lt(x, table.least));
}

/** exp(x) of numbers that are not above 0, or NaN. */
@inline
export function exponentialBelow(x: v128, at: usize): v128 {
  const table = changetype<ExponentialTable>(at);
  const inside = f32x4.pmax(x, table.least);
  const p = f32x4.add(bounded(inside, table), f32x4.sub(inside, inside));
  return v128.andnot(p, f32x4.lt(x, table.least));
}

/** 1 / (1 + exp(−x)); of NaN some number, which `x ⊙` it or `logistic` makes NaN again. */
@inline
export function logisticOfNumber(x: v128, at: usize): v128 {
  const table = changetype<ExponentialTable>(at);
  const one = table.one;
  return f32x4.div(one, f32x4.add(one, bounded(clamp(f32x4.neg(x), table), table)));
}

/** 1 / (1 + exp(−x)). */
@inline
export function logistic(x: v128, at: usize): v128 {
  const table = changetype<ExponentialTable>(at);
  const inside = clamp(f32x4.neg(x), table);
  const e = f32x4.add(bounded(inside, table), f32x4.sub(inside, inside));
  return f32x4.div(table.one, f32x4.add(table.one, e));
}
