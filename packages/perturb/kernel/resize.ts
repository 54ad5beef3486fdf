import { RESIZE_ROUNDING } from './constants';

const UNIT: f64 = 4194304; // 2²², the weights' denominator

/**
 * A window of the source (width × height) enlarged to its whole size, bilinearly: columns first, then rows, with 22-bit weights
 * and 8-bit values between, as Pillow resizes.
 *
 * @param scratch 16 · max(width, height) bytes of tables, then width · windowHeight · 3 of the columns' result.
 */
export function enlarge(
  source: usize,
  target: usize,
  scratch: usize,
  width: i32,
  height: i32,
  left: i32,
  top: i32,
  windowWidth: i32,
  windowHeight: i32,
): void {
  const stride = width * 3;
  const half = v128.load(RESIZE_ROUNDING);
  const table = scratch;
  const wide = scratch + 16 * max(width, height);

  taps(table, windowWidth, width, 3);
  let at = wide;
  for (let row = 0; row < windowHeight; row++) {
    const from = source + ((top + row) * width + left) * 3;
    for (let entry = table, end = table + 16 * width; entry < end; entry += 16, at += 3) {
      const near = i32x4.mul(channels(from + load<i32>(entry)), v128.load32_splat(entry, 8));
      const far = i32x4.mul(channels(from + load<i32>(entry, 4)), v128.load32_splat(entry, 12));
      const values = i32x4.shr_u(i32x4.add(i32x4.add(near, far), half), 22);
      const words = i16x8.narrow_i32x4_s(values, values);
      store<i32>(at, i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0));
    }
  }

  taps(table, windowHeight, height, stride);
  at = target;
  for (let row = 0; row < height; row++) {
    const entry = table + 16 * row;
    let upper = wide + load<i32>(entry);
    let lower = wide + load<i32>(entry, 4);
    const near = v128.load32_splat(entry, 8);
    const far = v128.load32_splat(entry, 12);
    // What is written past the row's end is written again by the next row, or is spare.
    const next = at + stride;
    for (let to = at; to < next; to += 16, upper += 16, lower += 16) {
      const above = v128.load(upper);
      const below = v128.load(lower);
      const aboveLow = i16x8.extend_low_i8x16_u(above);
      const aboveHigh = i16x8.extend_high_i8x16_u(above);
      const belowLow = i16x8.extend_low_i8x16_u(below);
      const belowHigh = i16x8.extend_high_i8x16_u(below);
      v128.store(
        to,
        i8x16.narrow_i16x8_u(
          i16x8.narrow_i32x4_s(
            weigh(i32x4.extend_low_i16x8_u(aboveLow), near, i32x4.extend_low_i16x8_u(belowLow), far, half),
            weigh(i32x4.extend_high_i16x8_u(aboveLow), near, i32x4.extend_high_i16x8_u(belowLow), far, half),
          ),
          i16x8.narrow_i32x4_s(
            weigh(i32x4.extend_low_i16x8_u(aboveHigh), near, i32x4.extend_low_i16x8_u(belowHigh), far, half),
            weigh(
              i32x4.extend_high_i16x8_u(aboveHigh),
              near,
              i32x4.extend_high_i16x8_u(belowHigh),
              far,
              half,
            ),
          ),
        ),
      );
    }
    at = next;
  }
}

function weigh(first: v128, near: v128, second: v128, far: v128, half: v128): v128 {
  const sum = i32x4.add(i32x4.mul(first, near), i32x4.mul(second, far));
  return i32x4.shr_u(i32x4.add(sum, half), 22);
}

function channels(pixel: usize): v128 {
  return i32x4.extend_low_i16x8_u(v128.load8x8_u(pixel));
}

/**
 * For each position of the result the offsets of the two source positions it lies between and their weights,
 * four 32-bit integers each.
 */
function taps(table: usize, from: i32, to: i32, step: i32): void {
  const scale = (from as f64) / (to as f64);
  for (let at = 0, entry = table; at < to; at++, entry += 16) {
    const center = ((at as f64) + 0.5) * scale;
    const start = max((center - 0.5) as i32, 0);
    const end = min((center + 1.5) as i32, from);
    const near: f64 = max(0, 1 - Math.abs((start as f64) - center + 0.5));
    const far: f64 = end - start > 1 ? max(0, 1 - Math.abs((start as f64) + 1 - center + 0.5)) : 0;
    store<i32>(entry, start * step);
    store<i32>(entry, min(start + 1, from - 1) * step, 4);
    store<i32>(entry, (0.5 + (near / (near + far)) * UNIT) as i32, 8);
    store<i32>(entry, (0.5 + (far / (near + far)) * UNIT) as i32, 12);
  }
}
