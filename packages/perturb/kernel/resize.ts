import { RESIZE_ROUNDING } from './constants';

const UNIT: f64 = 4194304; // 2²², the weights' denominator

/**
 * A window of the source (width × height) enlarged to its whole size, bilinearly: columns first, then rows, with 22-bit weights
 * and 8-bit values between, as Pillow resizes.
 *
 * @param scratch 8 · max(width, height) bytes of tables, then width · (windowHeight + 1) · 3 of the columns' result.
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
  const wide = scratch + 8 * max(width, height);

  taps(table, windowWidth, width, 3);
  let at = wide;
  for (let row = 0; row < windowHeight; row++) {
    const from = source + ((top + row) * width + left) * 3;
    for (let entry = table, end = table + 8 * width; entry < end; entry += 8, at += 3) {
      const pixel = from + load<i32>(entry);
      const near = v128.load8x8_u(pixel);
      const difference = i32x4.extend_low_i16x8_s(i16x8.sub(v128.load8x8_u(pixel, 3), near));
      const values = i32x4.add(
        i32x4.extend_low_i16x8_u(near),
        part(difference, v128.load32_splat(entry, 4), half),
      );
      const words = i16x8.narrow_i32x4_s(values, values);
      store<i32>(at, i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0));
    }
  }

  taps(table, windowHeight, height, stride);
  at = target;
  for (let row = 0; row < height; row++) {
    const entry = table + 8 * row;
    let upper = wide + load<i32>(entry);
    const share = v128.load32_splat(entry, 4);
    // What is written past the row's end is written again by the next row, or is spare.
    const next = at + stride;
    for (let to = at; to < next; to += 16, upper += 16) {
      const above = v128.load(upper);
      const below = v128.load(upper + stride);
      v128.store(
        to,
        i8x16.narrow_i16x8_u(
          between(i16x8.extend_low_i8x16_u(above), i16x8.extend_low_i8x16_u(below), share, half),
          between(i16x8.extend_high_i8x16_u(above), i16x8.extend_high_i8x16_u(below), share, half),
        ),
      );
    }
    at = next;
  }
}

/** Eight values that lie between those of two rows. */
function between(near: v128, far: v128, share: v128, half: v128): v128 {
  const differences = i16x8.sub(far, near);
  return i16x8.add(
    near,
    i16x8.narrow_i32x4_s(
      part(i32x4.extend_low_i16x8_s(differences), share, half),
      part(i32x4.extend_high_i16x8_s(differences), share, half),
    ),
  );
}

function part(difference: v128, share: v128, half: v128): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.mul(difference, share), half), 22);
}

/**
 * For each position of the result the offset of the source position before it and the weight of the one after that, two 32-bit
 * integers. Pillow rounds both weights; as the sides are whole numbers below 2²², the two always add up to 2²². Where there is no
 * position after, its weight is 0.
 */
function taps(table: usize, from: i32, to: i32, step: i32): void {
  const scale = (from as f64) / (to as f64);
  for (let at = 0, entry = table; at < to; at++, entry += 8) {
    const center = ((at as f64) + 0.5) * scale;
    const start = max((center - 0.5) as i32, 0);
    const end = min((center + 1.5) as i32, from);
    const near: f64 = max(0, 1 - Math.abs((start as f64) - center + 0.5));
    const far: f64 = end - start > 1 ? max(0, 1 - Math.abs((start as f64) + 1 - center + 0.5)) : 0;
    store<i32>(entry, start * step);
    store<i32>(entry, (0.5 + (far / (near + far)) * UNIT) as i32, 4);
  }
}
