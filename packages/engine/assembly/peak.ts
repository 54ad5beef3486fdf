import { multiplyAdd } from './micro-kernel';

/**
 * 96 · `turns` floating-point operations in registers, as fast as vectors of four numbers go: twelve sums that do
 * not wait for each other. For measuring what products are to be compared with.
 *
 * @param factors address of eight numbers; read from memory, since V8 would compute them anew in every turn.
 */
export function multiplyAdds(turns: usize, factors: usize): f32 {
  const a = v128.load(factors);
  const b = v128.load(factors, 16);
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(1);
  let s2 = f32x4.splat(2);
  let s3 = f32x4.splat(3);
  let s4 = f32x4.splat(4);
  let s5 = f32x4.splat(5);
  let s6 = f32x4.splat(6);
  let s7 = f32x4.splat(7);
  let s8 = f32x4.splat(8);
  let s9 = f32x4.splat(9);
  let s10 = f32x4.splat(10);
  let s11 = f32x4.splat(11);
  for (let left = turns; left > 0; left--) {
    s0 = multiplyAdd(a, b, s0);
    s1 = multiplyAdd(a, b, s1);
    s2 = multiplyAdd(a, b, s2);
    s3 = multiplyAdd(a, b, s3);
    s4 = multiplyAdd(a, b, s4);
    s5 = multiplyAdd(a, b, s5);
    s6 = multiplyAdd(a, b, s6);
    s7 = multiplyAdd(a, b, s7);
    s8 = multiplyAdd(a, b, s8);
    s9 = multiplyAdd(a, b, s9);
    s10 = multiplyAdd(a, b, s10);
    s11 = multiplyAdd(a, b, s11);
  }
  const low = f32x4.add(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)), f32x4.add(s4, s5));
  const high = f32x4.add(f32x4.add(f32x4.add(s6, s7), f32x4.add(s8, s9)), f32x4.add(s10, s11));
  return f32x4.extract_lane(f32x4.add(low, high), 0);
}
