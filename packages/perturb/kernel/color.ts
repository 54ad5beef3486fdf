import { LUMA_PAIRS, LUMA_ROUNDING, LUMA_WEIGHTS, MAGIC } from './constants';

/**
 * Pillow's ImagingBlend towards one value: trunc(from + factor · (value − from)) in single precision, clipped; in place.
 *
 * The result is a straight line over 256 values, so (value · slope + offset) >> 15 in whole numbers mostly gives the very
 * same; where no offset does for all of them, single precision is used.
 */
export function blendValues(data: usize, bytes: i32, from: f32, factor: f32): void {
  const slope = Math.floor((factor as f64) * 32768 + 0.5) as i32;
  let least = i32.MIN_VALUE;
  let most = i32.MAX_VALUE;
  for (let value = 0; value < 256; value++) {
    const line: f32 = from + factor * ((value as f32) - from);
    const blended = floor<f32>(line) as i32;
    // Beyond the ends every result does that is clipped to the same.
    if (blended > 0) least = max(least, min(blended, 255) * 32768 - value * slope);
    if (blended < 255) most = min(most, (max(blended, 0) + 1) * 32768 - value * slope - 1);
  }
  if (slope > 65535 || least > most) blendFloats(data, bytes, from, factor);
  else blendWhole(data, bytes, slope, least);
}

function blendWhole(data: usize, bytes: i32, slope: i32, offset: i32): void {
  const slopes = i16x8.splat(slope as i16);
  const offsets = i32x4.splat(offset);
  for (let at = data, end = data + bytes; at < end; at += 16) {
    const values = v128.load(at);
    const low = i16x8.extend_low_i8x16_u(values);
    const high = i16x8.extend_high_i8x16_u(values);
    v128.store(
      at,
      i8x16.narrow_i16x8_u(
        i16x8.narrow_i32x4_s(
          i32x4.shr_s(i32x4.add(i32x4.extmul_low_i16x8_u(low, slopes), offsets), 15),
          i32x4.shr_s(i32x4.add(i32x4.extmul_high_i16x8_u(low, slopes), offsets), 15),
        ),
        i16x8.narrow_i32x4_s(
          i32x4.shr_s(i32x4.add(i32x4.extmul_low_i16x8_u(high, slopes), offsets), 15),
          i32x4.shr_s(i32x4.add(i32x4.extmul_high_i16x8_u(high, slopes), offsets), 15),
        ),
      ),
    );
  }
}

function blendFloats(data: usize, bytes: i32, from: f32, factor: f32): void {
  const magic = v128.load(MAGIC);
  const origin = f32x4.splat(from);
  const share = f32x4.splat(factor);
  for (let at = data, end = data + bytes; at < end; at += 16) {
    const values = v128.load(at);
    const low = i16x8.extend_low_i8x16_u(values);
    const high = i16x8.extend_high_i8x16_u(values);
    v128.store(
      at,
      i8x16.narrow_i16x8_u(
        i16x8.narrow_i32x4_s(
          blend(origin, share, i32x4.extend_low_i16x8_u(low), magic),
          blend(origin, share, i32x4.extend_high_i16x8_u(low), magic),
        ),
        i16x8.narrow_i32x4_s(
          blend(origin, share, i32x4.extend_low_i16x8_u(high), magic),
          blend(origin, share, i32x4.extend_high_i16x8_u(high), magic),
        ),
      ),
    );
  }
}

/** Sum of all pixels' luma. */
export function lumaSum(data: usize, pixels: i32): f64 {
  const pairs = v128.load(LUMA_PAIRS);
  const weights = v128.load(LUMA_WEIGHTS);
  const rounding = v128.load(LUMA_ROUNDING);
  let sum: f64 = 0;
  let at = data;
  let left = pixels;
  while (left >= 4) {
    // Few enough that four 32-bit sums of values up to 255 do not overflow.
    const quads = min(left >> 2, 1 << 22);
    let part = i32x4.splat(0);
    for (const end = at + quads * 12; at < end; at += 12) {
      part = i32x4.add(part, luma(v128.load(at), pairs, weights, rounding));
    }
    sum += i32x4.extract_lane(part, 0) as f64;
    sum += i32x4.extract_lane(part, 1) as f64;
    sum += i32x4.extract_lane(part, 2) as f64;
    sum += i32x4.extract_lane(part, 3) as f64;
    left -= quads << 2;
  }
  for (; left > 0; left--, at += 3) {
    sum += i32x4.extract_lane(luma(v128.load(at), pairs, weights, rounding), 0) as f64;
  }
  return sum;
}

/** Blends every pixel from its own luma; in place. */
export function saturate(data: usize, pixels: i32, factor: f32): void {
  const magic = v128.load(MAGIC);
  const pairs = v128.load(LUMA_PAIRS);
  const weights = v128.load(LUMA_WEIGHTS);
  const rounding = v128.load(LUMA_ROUNDING);
  const share = f32x4.splat(factor);
  for (let at = data, end = data + pixels * 3; at < end; at += 12) {
    const values = v128.load(at);
    const gray = f32x4.convert_i32x4_s(luma(values, pairs, weights, rounding));
    const low = i16x8.extend_low_i8x16_u(values);
    const high = i16x8.extend_high_i8x16_u(values);
    // The twelve channels in three fours, each beside the luma of its pixel.
    const first = i8x16.shuffle(gray, gray, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7);
    const second = i8x16.shuffle(gray, gray, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9, 10, 11, 8, 9, 10, 11);
    const third = i8x16.shuffle(gray, gray, 8, 9, 10, 11, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15);
    const last = blend(third, share, i32x4.extend_low_i16x8_u(high), magic);
    const packed = i8x16.narrow_i16x8_u(
      i16x8.narrow_i32x4_s(
        blend(first, share, i32x4.extend_low_i16x8_u(low), magic),
        blend(second, share, i32x4.extend_high_i16x8_u(low), magic),
      ),
      i16x8.narrow_i32x4_s(last, last),
    );
    // Twelve bytes, not sixteen: the next pixel has yet to be read.
    v128.store64_lane(at, packed, 0);
    v128.store32_lane(at, packed, 2, 8);
  }
}

/**
 * Integers; those below 0 and above 255 are for the caller's narrowing to clip.
 * Flooring is truncation where it matters, at and above zero.
 */
function blend(from: v128, factor: v128, values: v128, magic: v128): v128 {
  const blended = f32x4.add(from, f32x4.mul(factor, f32x4.sub(f32x4.convert_i32x4_s(values), from)));
  return i32x4.sub(f32x4.add(f32x4.floor(blended), magic), magic);
}

/**
 * ITU-R 601 luma of the first four pixels, (19595·R + 38470·G + 7471·B + 2¹⁵) >> 16 as in Pillow.
 * The weight of green is split in two halves because signed 16-bit products cannot hold it.
 */
function luma(pixels: v128, pairs: v128, weights: v128, rounding: v128): v128 {
  const channels = i8x16.swizzle(pixels, pairs);
  const low = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(channels), weights);
  const high = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(channels), weights);
  const even = i8x16.shuffle(low, high, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
  const odd = i8x16.shuffle(low, high, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  return i32x4.shr_u(i32x4.add(i32x4.add(even, odd), rounding), 16);
}
