import { DOUBLE_MAGIC, HALVES, MAGIC, OUTSIDE, TIGHT } from './constants';

/**
 * Nearest pixel along an affine map in 16.16 fixed point; the target must be black already.
 *
 * Both source coordinates are linear along a row, so the part of the row that falls inside the source is one interval,
 * found by division; inside it no bound is checked.
 */
export function warpNearest(
  source: usize,
  target: usize,
  width: i32,
  height: i32,
  startX: f64,
  startY: f64,
  stepX: f64,
  stepY: f64,
  rowStepX: f64,
  rowStepY: f64,
): void {
  const limitX = (width as f64) * 65536;
  const limitY = (height as f64) * 65536;
  const widths = i32x4.splat(width);
  const stepXs = i32x4.splat((stepX as i32) << 2);
  const stepYs = i32x4.splat((stepY as i32) << 2);
  const tight = v128.load(TIGHT);
  const inRuns = abs((stepX as i32) - 65536) + abs(stepY as i32) <= 65536 / SHORT_RUN;
  for (let row = 0; row < height; row++) {
    const rowX = startX + (row as f64) * rowStepX;
    const rowY = startY + (row as f64) * rowStepY;
    const start = max(max(firstInside(rowX, stepX, limitX), firstInside(rowY, stepY, limitY)), 0);
    const end = min(min(endInside(rowX, stepX, limitX), endInside(rowY, stepY, limitY)), width as f64);
    if (start >= end) continue;
    let at = target + (row * width + (start as i32)) * 3;
    const last = target + (row * width + (end as i32)) * 3;
    const x = (rowX + start * stepX) as i64 as i32;
    const y = (rowY + start * stepY) as i64 as i32;
    if (inRuns) {
      copyRuns(source, at, last, width, x, y, stepX as i32, stepY as i32);
      continue;
    }
    let xs = i32x4.add(i32x4.splat(x), i32x4.mul(i32x4.splat(stepX as i32), i32x4(0, 1, 2, 3)));
    let ys = i32x4.add(i32x4.splat(y), i32x4.mul(i32x4.splat(stepY as i32), i32x4(0, 1, 2, 3)));
    for (; at + 12 <= last; at += 12) {
      const pixels = i32x4.add(i32x4.mul(i32x4.shr_u(ys, 16), widths), i32x4.shr_u(xs, 16));
      const offsets = i32x4.add(i32x4.add(pixels, pixels), pixels);
      let four = v128.load32_zero(source + i32x4.extract_lane(offsets, 0));
      four = v128.load32_lane(source + i32x4.extract_lane(offsets, 1), four, 1);
      four = v128.load32_lane(source + i32x4.extract_lane(offsets, 2), four, 2);
      four = v128.load32_lane(source + i32x4.extract_lane(offsets, 3), four, 3);
      const packed = i8x16.swizzle(four, tight);
      v128.store64_lane(at, packed, 0);
      v128.store32_lane(at, packed, 2, 8);
      xs = i32x4.add(xs, stepXs);
      ys = i32x4.add(ys, stepYs);
    }
    for (; at < last; at += 3) {
      const from =
        source + ((i32x4.extract_lane(ys, 0) >>> 16) * width + (i32x4.extract_lane(xs, 0) >>> 16)) * 3;
      // The fourth byte belongs to the next pixel, which is written next or stays black.
      store<u32>(at, load<u32>(from) & 0xffffff);
      xs = i8x16.shuffle(xs, xs, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3);
      ys = i8x16.shuffle(ys, ys, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3);
    }
  }
}

/** Pixels; where runs are shorter than this on average, single pixels are as fast. */
const SHORT_RUN: i32 = 4;

/**
 * A row of an almost upright map, from `at` to `last`: its pixels come from a few runs of neighbours, one row of the source
 * each, that end where a coordinate's whole part leaves its course.
 *
 * @param x      16.16 fixed point, of the first pixel; likewise y.
 */
function copyRuns(
  source: usize,
  at: usize,
  last: usize,
  width: i32,
  x: i32,
  y: i32,
  stepX: i32,
  stepY: i32,
): void {
  const drift = stepX - 65536;
  let leftX = untilNextWhole(x, drift);
  let leftY = untilNextWhole(y, stepY);
  while (at < last) {
    const count = min(min(leftX, leftY), ((last - at) / 3) as i32);
    const next = at + count * 3;
    let from = source + ((y >>> 16) * width + (x >>> 16)) * 3;
    // Five pixels and a byte at a time; what is written past the run's end is written again by the next one.
    for (; at < next && at + 16 <= last; at += 15, from += 15) v128.store(at, v128.load(from));
    // The fourth byte belongs to the next pixel, which is written next or stays black.
    for (; at < next; at += 3, from += 3) store<u32>(at, load<u32>(from) & 0xffffff);
    at = next;
    x += count * stepX;
    y += count * stepY;
    leftX = leftX === count ? untilNextWhole(x, drift) : leftX - count;
    leftY = leftY === count ? untilNextWhole(y, stepY) : leftY - count;
  }
}

/** Steps after which the whole part of a 16.16 number has changed. */
function untilNextWhole(value: i32, step: i32): i32 {
  const fraction = value & 0xffff;
  if (step > 0) return (65536 - fraction + step - 1) / step;
  if (step < 0) return fraction / -step + 1;
  return i32.MAX_VALUE;
}

/** The first column at which 0 ≤ offset + column · step < limit. */
function firstInside(offset: f64, step: f64, limit: f64): f64 {
  if (step > 0) return Math.ceil(-offset / step);
  if (step < 0) return Math.floor((limit - offset) / step) + 1;
  return offset >= 0 && offset < limit ? 0 : Infinity;
}

/** One past the last such column. */
function endInside(offset: f64, step: f64, limit: f64): f64 {
  if (step > 0) return Math.ceil((limit - offset) / step);
  if (step < 0) return Math.floor(-offset / step) + 1;
  return offset >= 0 && offset < limit ? Infinity : 0;
}

/**
 * Bilinear along a projective map, rounded towards zero, outside black; the target must be black already.
 *
 * Places are found in double precision in Pillow's order of operations; values are mixed in single precision, where Pillow
 * stays in double, so now and then a value comes out one level lower or higher.
 */
export function warpPerspective(
  source: usize,
  target: usize,
  width: i32,
  height: i32,
  a: f64,
  b: f64,
  c: f64,
  d: f64,
  e: f64,
  f: f64,
  g: f64,
  h: f64,
): void {
  const across = f64x2(a, d);
  const offset = f64x2(c, f);
  const half = v128.load(HALVES);
  const outside = v128.load(OUTSIDE);
  const far = f64x2.splat(max(width, height) as f64);
  const doubleMagic = v128.load(DOUBLE_MAGIC);
  const magic = v128.load(MAGIC);
  const stride = width * 3;
  const lastColumn = width - 1;
  const lastRow = height - 1;
  let at = target;
  for (let row = 0; row < height; row++) {
    const y = (row as f64) + 0.5;
    const down = f64x2(b * y, e * y);
    const depthDown = h * y;
    for (let x: f64 = 0.5, end = width as f64; x < end; x += 1, at += 3) {
      const found = f64x2.div(
        f64x2.add(f64x2.add(f64x2.mul(across, f64x2.splat(x)), down), offset),
        f64x2.splat(g * x + depthDown + 1),
      );
      // Far places must not wrap around to indices inside, and 0/0 must be far.
      const place = f64x2.pmax(outside, f64x2.pmin(far, found));
      const centered = f64x2.sub(place, half);
      const whole = f64x2.floor(centered);
      const indices = f64x2.add(whole, doubleMagic);
      const left = i32x4.extract_lane(indices, 0);
      const top = i32x4.extract_lane(indices, 2);
      const shares = f32x4.demote_f64x2_zero(f64x2.sub(centered, whole));
      const shareX = i8x16.shuffle(shares, shares, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3);
      const shareY = i8x16.shuffle(shares, shares, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7);
      let upper: usize;
      let lower: usize;
      let right: i32 = 3;
      if ((left as u32) < (lastColumn as u32) && (top as u32) < (lastRow as u32)) {
        upper = source + top * stride + left * 3;
        lower = upper + stride;
      } else {
        // Half a pixel around the outermost centres still counts as inside and repeats the border.
        const placeX = f64x2.extract_lane(place, 0);
        const placeY = f64x2.extract_lane(place, 1);
        if (!(placeX >= 0 && placeX < (width as f64) && placeY >= 0 && placeY < (height as f64))) continue;
        if (left < 0 || left >= lastColumn) right = 0;
        upper = source + max(top, 0) * stride + max(left, 0) * 3;
        lower = top < 0 || top >= lastRow ? upper : upper + stride;
      }
      const above = mix(channels(upper), channels(upper + right), shareX);
      const below = mix(channels(lower), channels(lower + right), shareX);
      const values = i32x4.sub(f32x4.add(f32x4.floor(mix(above, below, shareY)), magic), magic);
      const words = i16x8.narrow_i32x4_s(values, values);
      store<u32>(at, i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0) & 0xffffff);
    }
  }
}

/** Red, green, blue and the next byte as four single-precision numbers. */
function channels(pixel: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(v128.load8x8_u(pixel)));
}

function mix(from: v128, to: v128, share: v128): v128 {
  return f32x4.add(from, f32x4.mul(f32x4.sub(to, from), share));
}
