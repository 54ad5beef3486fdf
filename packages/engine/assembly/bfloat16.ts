// bfloat16 is the upper half of a float32. Two of them make a word, the even one in the low half.

import { loadSome, storeSome } from './lanes';

/** Rounded to the nearest bfloat16, of two equally near to the even one; for what is a number. */
@inline
export function roundedNumber(x: v128): v128 {
  const odd = v128.and(i32x4.shr_u(x, 16), i32x4.splat(1));
  return v128.and(i32x4.add(i32x4.add(x, i32x4.splat(0x7fff)), odd), i32x4.splat(0xffff0000));
}

/** The same; what is no number stays none. */
@inline
export function rounded(x: v128): v128 {
  const quiet = v128.or(x, i32x4.splat(0x7fc00000));
  return v128.bitselect(roundedNumber(x), quiet, f32x4.eq(x, x));
}

/** `count` numbers rounded; they may be the same memory. */
export function roundNumbers(from: usize, count: usize, to: usize): void {
  const whole = count & ~3;
  for (let i: usize = 0; i < whole * 4; i += 16) v128.store(to + i, rounded(v128.load(from + i)));
  if (whole < count) storeSome(to + whole * 4, count - whole, rounded(loadSome(from + whole * 4, count - whole, 0)));
}

/** `count` halves as float32. */
export function widenHalves(from: usize, count: usize, to: usize): void {
  const none = i32x4.splat(0);
  let i: usize = 0;
  for (; i + 8 <= count; i += 8) {
    const halves = v128.load(from + i * 2);
    v128.store(to + i * 4, v128.shuffle<i16>(none, halves, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(to + i * 4, v128.shuffle<i16>(none, halves, 4, 12, 5, 13, 6, 14, 7, 15), 16);
  }
  for (; i < count; i++) store<u32>(to + i * 4, load<u16>(from + i * 2) << 16);
}

/** `count` numbers rounded, as halves. */
export function narrowHalves(from: usize, count: usize, to: usize): void {
  let i: usize = 0;
  for (; i + 8 <= count; i += 8) {
    const a = rounded(v128.load(from + i * 4));
    const b = rounded(v128.load(from + i * 4, 16));
    v128.store(to + i * 2, v128.shuffle<i16>(a, b, 1, 3, 5, 7, 9, 11, 13, 15));
  }
  for (; i < count; i++) {
    const one = rounded(v128.load32_zero(from + i * 4));
    store<u16>(to + i * 2, u16(i32x4.extract_lane(one, 0) >>> 16));
  }
}
