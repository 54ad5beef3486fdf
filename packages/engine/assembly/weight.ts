// Weights that lie in memory in 16, 8 or 4 bits (src/kernels/packed-weight.ts has the layouts) become float32 a run of numbers at a
// time, into memory that stays in the cache; packing and dot products then go on as with any matrix.

import { Format, NF4_BLOCK, Weight } from './layouts';
import { roundedNumber, widenHalves } from './bfloat16';
import { storeSome } from './lanes';

/** `count` numbers of a row; those of int8 without their row's scale, which is left to sums. */
export function widen(weight: Weight, row: usize, column: usize, count: usize, to: usize): void {
  const columns = weight.columns;
  const values = weight.values;
  switch (weight.format) {
    case Format.bfloat16:
      return widenHalves(values + (row * ((columns + 1) & ~1) + column) * 2, count, to);
    case Format.int8:
      return widenBytes(values + row * ((columns + 3) & ~3) + column, count, to);
    case Format.nf4:
      return widenNibbles(weight, row * columns + column, count, to);
    default:
      memory.copy(to, values + (row * columns + column) * 4, count * 4);
  }
}

/** The same with the scale of int8. */
export function widenScaled(weight: Weight, row: usize, column: usize, count: usize, to: usize): void {
  widen(weight, row, column, count, to);
  if (weight.format !== Format.int8) return;
  const scale = load<f32>(weight.scales + row * 4);
  const scales = f32x4.splat(scale);
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) v128.store(to + i * 4, f32x4.mul(v128.load(to + i * 4), scales));
  for (; i < count; i++) store<f32>(to + i * 4, load<f32>(to + i * 4) * scale);
}

function widenBytes(from: usize, count: usize, to: usize): void {
  let i: usize = 0;
  for (; i + 16 <= count; i += 16) {
    const bytes = v128.load(from + i);
    const low = i16x8.extend_low_i8x16_s(bytes);
    const high = i16x8.extend_high_i8x16_s(bytes);
    const at = to + i * 4;
    v128.store(at, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)));
    v128.store(at, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)), 16);
    v128.store(at, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)), 32);
    v128.store(at, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)), 48);
  }
  for (; i < count; i++) store<f32>(to + i * 4, f32(load<i8>(from + i)));
}

/** `count` numbers of the flattened matrix. */
function widenNibbles(weight: Weight, first: usize, count: usize, to: usize): void {
  const end = first + count;
  while (first < end) {
    const stop = min(end, (first & ~(NF4_BLOCK - 1)) + NF4_BLOCK);
    const scale = f32x4.splat(load<f32>(weight.scales + (first / NF4_BLOCK) * 4));
    widenInBlock(weight.values, first, stop, scale, weight.rounded !== 0, to);
    to += (stop - first) * 4;
    first = stop;
  }
}

function widenInBlock(values: usize, first: usize, stop: usize, scale: v128, rounds: bool, to: usize): void {
  if (first & 1) {
    widenSome(i8x16.splat(i8(load<u8>(values + first / 2) << 4)), scale, rounds, to, 1);
    to += 4;
    first++;
  }
  for (; first + 16 <= stop; first += 16) {
    widenSixteen(v128.load64_zero(values + first / 2), scale, rounds, to, 16);
    to += 64;
  }
  if (first < stop) widenSome(v128.load64_zero(values + first / 2), scale, rounds, to, stop - first);
}

@inline
function lookUp(table: v128, places: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i8x16.relaxed_swizzle(table, places);
  return i8x16.swizzle(table, places);
}

/** The first `count` of the sixteen numbers in eight bytes, the high half of a byte first. */
@inline
function widenSixteen(bytes: v128, scale: v128, rounds: bool, to: usize, count: isize): void {
  const high = i8x16.shr_u(bytes, 4);
  const low = v128.and(bytes, i8x16.splat(15));
  const places = v128.shuffle<i8>(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  // Byte k of each of the sixteen values (nf4Values in src/kernels/packed-weight.ts), k = 0 to 3, put together again.
  const b0 = lookUp(i8x16(0, -79, 48, -96, 77, 63, 113, 0, -1, -29, -35, 58, -72, -85, -77, 0), places);
  const b1 = lookUp(i8x16(0, 57, 107, 50, -94, 53, 120, 0, -6, -54, 4, 3, -92, 7, 19, 0), places);
  const b2 = lookUp(i8x16(-128, 50, 6, -54, -111, 61, -70, 0, -94, 36, 124, -83, -31, 16, 57, -128), places);
  const b3 = lookUp(i8x16(-65, -65, -65, -66, -66, -66, -67, 0, 61, 62, 62, 62, 62, 63, 63, 63), places);
  const lowHalves = v128.shuffle<i8>(b0, b1, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const highHalves = v128.shuffle<i8>(b2, b3, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  put(v128.shuffle<i16>(lowHalves, highHalves, 0, 8, 1, 9, 2, 10, 3, 11), scale, rounds, to, count);
  put(v128.shuffle<i16>(lowHalves, highHalves, 4, 12, 5, 13, 6, 14, 7, 15), scale, rounds, to + 16, count - 4);
  const lowRest = v128.shuffle<i8>(b0, b1, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  const highRest = v128.shuffle<i8>(b2, b3, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  put(v128.shuffle<i16>(lowRest, highRest, 0, 8, 1, 9, 2, 10, 3, 11), scale, rounds, to + 32, count - 8);
  put(v128.shuffle<i16>(lowRest, highRest, 4, 12, 5, 13, 6, 14, 7, 15), scale, rounds, to + 48, count - 12);
}

function widenSome(bytes: v128, scale: v128, rounds: bool, to: usize, count: usize): void {
  widenSixteen(bytes, scale, rounds, to, isize(count));
}

/** Four numbers times their scale, or as many as there are. */
@inline
function put(x: v128, scale: v128, rounds: bool, to: usize, count: isize): void {
  x = f32x4.mul(x, scale);
  if (rounds) x = roundedNumber(x);
  if (count >= 4) v128.store(to, x);
  else if (count > 0) storeSome(to, usize(count), x);
}
