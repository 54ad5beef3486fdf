import { TIGHT } from './constants';

/**
 * Nearest pixel along an affine map in 16.16 fixed point, on black.
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
  memory.fill(target, 0, width * height * 3);
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
