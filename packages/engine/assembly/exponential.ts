// exp on four numbers at once, within 2 units in the last place: x = n·ln 2 + r with |r| ≤ ½ ln 2, a polynomial
// for exp(r) (coefficients of Cephes' expf), and n added to the exponent.

import { multiplyAdd } from './micro-kernel';

@inline
export function exponential(x: v128): v128 {
  // Beyond these bounds the result is 0 (below the smallest normal number) or infinite.
  const most = f32x4.splat(88.722835);
  const least = f32x4.splat(-87.336544);
  const inside = f32x4.max(f32x4.min(x, most), least);
  const n = f32x4.nearest(f32x4.mul(inside, f32x4.splat(1.4426950408889634)));
  let r = multiplyAdd(n, f32x4.splat(-0.693359375), inside);
  r = multiplyAdd(n, f32x4.splat(2.12194440e-4), r);
  let p = f32x4.splat(1.9875691500e-4);
  p = multiplyAdd(p, r, f32x4.splat(1.3981999507e-3));
  p = multiplyAdd(p, r, f32x4.splat(8.3334519073e-3));
  p = multiplyAdd(p, r, f32x4.splat(4.1665795894e-2));
  p = multiplyAdd(p, r, f32x4.splat(1.6666665459e-1));
  p = multiplyAdd(p, r, f32x4.splat(5.0000001201e-1));
  p = multiplyAdd(p, f32x4.mul(r, r), r);
  p = f32x4.add(p, f32x4.splat(1));
  // 2ⁿ in two factors, since n may be 128.
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  const one = i32x4.splat(127);
  p = f32x4.mul(p, i32x4.shl(i32x4.add(half, one), 23));
  p = f32x4.mul(p, i32x4.shl(i32x4.add(i32x4.sub(whole, half), one), 23));
  p = v128.bitselect(f32x4.splat(Infinity), p, f32x4.gt(x, most));
  p = v128.bitselect(f32x4.splat(0), p, f32x4.lt(x, least));
  return v128.bitselect(x, p, f32x4.ne(x, x));
}

/** 1 / (1 + exp(−x)). */
@inline
export function logistic(x: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), exponential(f32x4.neg(x))));
}
