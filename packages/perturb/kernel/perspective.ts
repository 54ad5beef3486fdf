import { DOUBLE_MAGIC, HALVES, MAGIC, ONES, OUTSIDE, THREES, TIGHT } from './constants';

/** Pixels: what separates a place that is surely inside, or surely outside, from the others. */
const MARGIN: f64 = 1 / 65536;

/** Where all terms together stay below it, rounding is far below the margin. */
const TAME: f64 = 4194304;

/** Smaller denominators are left to the careful loop. */
const LEAST_DEPTH: f64 = 1 / 256;

/**
 * Bilinear along a projective map, rounded towards zero, on black.
 *
 * Places are found in double precision in Pillow's order of operations; values are mixed in single precision, where Pillow
 * stays in double, so now and then a value comes out one level lower or higher.
 *
 * Where the denominator is positive, each bound of a place is a linear inequality of the column. So a row is a part that is surely
 * outside, one that is surely inside, where no bound is checked, and a few pixels between them.
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
  memory.fill(target, 0, width * height * 3);
  const across = width as f64;
  const along = height as f64;
  const largest =
    size(a, b, c, across, along) +
    size(d, e, f, across, along) +
    size(g, h, 1, across, along) * (across + along);
  const tame = largest < TAME;
  let at = target;
  for (let row = 0; row < height; row++, at += width * 3) {
    const y = (row as f64) + 0.5;
    // At column 0; each then grows with the column by a, d and g.
    const u = a * 0.5 + b * y + c;
    const v = d * 0.5 + e * y + f;
    const depth = g * 0.5 + h * y + 1;
    let outerStart = 0;
    let outerEnd = width;
    let start = 0;
    let end = 0;
    if (tame && min(depth, depth + g * across) > LEAST_DEPTH) {
      const low = -MARGIN;
      const highX = across + MARGIN;
      const highY = along + MARGIN;
      outerStart = max(
        max(first(u - low * depth, a - low * g, width), first(highX * depth - u, highX * g - a, width)),
        max(first(v - low * depth, d - low * g, width), first(highY * depth - v, highY * g - d, width)),
      );
      outerEnd = min(
        min(last(u - low * depth, a - low * g, width), last(highX * depth - u, highX * g - a, width)),
        min(last(v - low * depth, d - low * g, width), last(highY * depth - v, highY * g - d, width)),
      );
      const near = 0.5 + MARGIN;
      const farX = across - near;
      const farY = along - near;
      start = max(
        max(first(u - near * depth, a - near * g, width), first(farX * depth - u, farX * g - a, width)),
        max(first(v - near * depth, d - near * g, width), first(farY * depth - v, farY * g - d, width)),
      );
      end = min(
        min(last(u - near * depth, a - near * g, width), last(farX * depth - u, farX * g - a, width)),
        min(last(v - near * depth, d - near * g, width), last(farY * depth - v, farY * g - d, width)),
      );
    }
    end = start + (max(end - start, 0) & ~1);
    if (end === start) {
      drawCarefully(source, at, outerStart, outerEnd, y, width, height, a, b, c, d, e, f, g, h);
      continue;
    }
    drawCarefully(source, at, outerStart, start, y, width, height, a, b, c, d, e, f, g, h);
    drawInside(source, at, start, end, y, width, a, b, c, d, e, f, g, h);
    drawCarefully(source, at, end, outerEnd, y, width, height, a, b, c, d, e, f, g, h);
  }
}

function size(x: f64, y: f64, constant: f64, width: f64, height: f64): f64 {
  return abs(x) * width + abs(y) * height + abs(constant);
}

/** The first column of those where offset + column · step ≥ 0. */
function first(offset: f64, step: f64, width: i32): i32 {
  if (step > 0) return max(0, min(width as f64, Math.ceil(-offset / step))) as i32;
  return step === 0 && offset < 0 ? width : 0;
}

/** One past the last such column. */
function last(offset: f64, step: f64, width: i32): i32 {
  if (step < 0) return max(0, min(width as f64, Math.floor(-offset / step) + 1)) as i32;
  return width;
}

/** Columns whose four neighbours are all inside; their count is even. */
function drawInside(
  source: usize,
  row: usize,
  start: i32,
  end: i32,
  y: f64,
  width: i32,
  a: f64,
  b: f64,
  c: f64,
  d: f64,
  e: f64,
  f: f64,
  g: f64,
  h: f64,
): void {
  const tight = v128.load(TIGHT);
  const half = v128.load(HALVES);
  const one = v128.load(ONES);
  const three = v128.load(THREES);
  const magic = v128.load(MAGIC);
  const two = f64x2.add(one, one);
  const stride = width * 3;
  const strides = f64x2.splat(stride as f64);
  const origin = f64x2.add(v128.load(DOUBLE_MAGIC), f64x2.splat(source as f64));
  const stepU = f64x2.splat(a);
  const stepV = f64x2.splat(d);
  const stepDepth = f64x2.splat(g);
  const downU = f64x2.splat(b * y);
  const downV = f64x2.splat(e * y);
  const downDepth = f64x2.splat(h * y);
  const offsetU = f64x2.splat(c);
  const offsetV = f64x2.splat(f);
  let x = f64x2((start as f64) + 0.5, (start as f64) + 1.5);
  for (let at = row + start * 3, stop = row + end * 3; at < stop; at += 6) {
    const depth = f64x2.add(f64x2.add(f64x2.mul(stepDepth, x), downDepth), one);
    const u = f64x2.sub(f64x2.div(f64x2.add(f64x2.add(f64x2.mul(stepU, x), downU), offsetU), depth), half);
    const v = f64x2.sub(f64x2.div(f64x2.add(f64x2.add(f64x2.mul(stepV, x), downV), offsetV), depth), half);
    x = f64x2.add(x, two);
    const left = f64x2.floor(u);
    const top = f64x2.floor(v);
    // Whole numbers, exact in double precision.
    const pixels = f64x2.add(f64x2.add(f64x2.mul(top, strides), f64x2.mul(left, three)), origin);
    const shareX = f32x4.demote_f64x2_zero(f64x2.sub(u, left));
    const shareY = f32x4.demote_f64x2_zero(f64x2.sub(v, top));
    const pair = i16x8.narrow_i32x4_s(
      blend(
        i32x4.extract_lane(pixels, 0),
        3,
        stride,
        i8x16.shuffle(shareX, shareX, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3),
        i8x16.shuffle(shareY, shareY, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3),
        magic,
      ),
      blend(
        i32x4.extract_lane(pixels, 2),
        3,
        stride,
        i8x16.shuffle(shareX, shareX, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7),
        i8x16.shuffle(shareY, shareY, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7),
        magic,
      ),
    );
    // Two pixels and two bytes that are written next, or stay black.
    v128.store64_lane(at, i8x16.swizzle(i8x16.narrow_i16x8_u(pair, i16x8.splat(0)), tight), 0);
  }
}

/** Columns of which nothing is known. */
function drawCarefully(
  source: usize,
  row: usize,
  start: i32,
  end: i32,
  y: f64,
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
  const down = f64x2(b * y, e * y);
  const offset = f64x2(c, f);
  const depthDown = h * y;
  const half = v128.load(HALVES);
  const outside = v128.load(OUTSIDE);
  const far = f64x2.splat(max(width, height) as f64);
  const doubleMagic = v128.load(DOUBLE_MAGIC);
  const magic = v128.load(MAGIC);
  const stride = width * 3;
  for (let column = start, at = row + start * 3; column < end; column++, at += 3) {
    const x = (column as f64) + 0.5;
    const found = f64x2.div(
      f64x2.add(f64x2.add(f64x2.mul(across, f64x2.splat(x)), down), offset),
      f64x2.splat(g * x + depthDown + 1),
    );
    // Far places must not wrap around to indices inside, and 0/0 must be far.
    const place = f64x2.pmax(outside, f64x2.pmin(far, found));
    const placeX = f64x2.extract_lane(place, 0);
    const placeY = f64x2.extract_lane(place, 1);
    if (!(placeX >= 0 && placeX < (width as f64) && placeY >= 0 && placeY < (height as f64))) continue;
    const centered = f64x2.sub(place, half);
    const whole = f64x2.floor(centered);
    const indices = f64x2.add(whole, doubleMagic);
    const left = i32x4.extract_lane(indices, 0);
    const top = i32x4.extract_lane(indices, 2);
    const shares = f32x4.demote_f64x2_zero(f64x2.sub(centered, whole));
    const values = blend(
      source + max(top, 0) * stride + max(left, 0) * 3,
      // Half a pixel around the outermost centres still counts as inside and repeats the border.
      left < 0 || left >= width - 1 ? 0 : 3,
      top < 0 || top >= height - 1 ? 0 : stride,
      i8x16.shuffle(shares, shares, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3),
      i8x16.shuffle(shares, shares, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7),
      magic,
    );
    const words = i16x8.narrow_i32x4_s(values, values);
    store<u32>(at, i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0) & 0xffffff);
  }
}

/** A pixel mixed with its neighbours `right` and `below` bytes further, as four integers: three channels and one of no meaning. */
function blend(pixel: usize, right: i32, below: i32, shareX: v128, shareY: v128, magic: v128): v128 {
  const lower = pixel + below;
  const above = mix(channels(pixel), channels(pixel + right), shareX);
  const mixed = mix(above, mix(channels(lower), channels(lower + right), shareX), shareY);
  return i32x4.sub(f32x4.add(f32x4.floor(mixed), magic), magic);
}

/** Red, green, blue and the next byte as four single-precision numbers. */
function channels(pixel: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(v128.load8x8_u(pixel)));
}

function mix(from: v128, to: v128, share: v128): v128 {
  return f32x4.add(from, f32x4.mul(f32x4.sub(to, from), share));
}
