import { MAGIC } from './constants';

/**
 * A separable kernel along rows, then along columns, in single precision; rounded to even like torch.
 *
 * @param weights `size` single-precision numbers; then, from the next multiple of 16, the scratch: one padded row
 *   of width + size − 1 pixels, 16 spare bytes and width · height · 3 single-precision numbers.
 * @param reflect mirror at the outermost pixels; else black lies beyond them.
 */
export function blur(
  source: usize,
  target: usize,
  weights: usize,
  size: i32,
  width: i32,
  height: i32,
  reflect: bool,
): void {
  const magic = v128.load(MAGIC);
  const radius = size >> 1;
  const stride = width * 3;
  const padded = (weights + size * 4 + 15) & ~15;
  const planes = (padded + (width + size) * 3 + 31) & ~15;

  for (let row = 0; row < height; row++) {
    const from = source + row * stride;
    memory.copy(padded + radius * 3, from, stride);
    for (let beyond = 1; beyond <= radius; beyond++) {
      pad(padded + (radius - beyond) * 3, from, mirrored(-beyond, width), reflect);
      pad(padded + (radius + width - 1 + beyond) * 3, from, mirrored(width - 1 + beyond, width), reflect);
    }
    let to = planes + row * stride * 4;
    // What is written past the row's end is written again by the next row, or is spare.
    for (let at = padded, end = padded + stride; at < end; at += 4, to += 16) {
      let sum = f32x4.splat(0);
      for (let tap = 0; tap < size; tap++) {
        const values = i32x4.extend_low_i16x8_u(v128.load8x8_u(at + tap * 3));
        sum = f32x4.add(sum, f32x4.mul(f32x4.convert_i32x4_s(values), v128.load32_splat(weights + tap * 4)));
      }
      v128.store(to, sum);
    }
  }

  for (let row = 0; row < height; row++) {
    let to = target + row * stride;
    for (let at = 0; at < stride; at += 4, to += 4) {
      let sum = f32x4.splat(0);
      for (let tap = 0; tap < size; tap++) {
        let from = row + tap - radius;
        if (from < 0 || from >= height) {
          if (!reflect) continue;
          from = mirrored(from, height);
        }
        const values = v128.load(planes + (from * stride + at) * 4);
        sum = f32x4.add(sum, f32x4.mul(values, v128.load32_splat(weights + tap * 4)));
      }
      const words = i32x4.sub(f32x4.add(sum, magic), magic);
      const halves = i16x8.narrow_i32x4_s(words, words);
      store<i32>(to, i32x4.extract_lane(i8x16.narrow_i16x8_u(halves, halves), 0));
    }
  }
}

function pad(to: usize, row: usize, column: i32, reflect: bool): void {
  const pixel = reflect ? load<u32>(row + column * 3) : 0;
  store<u16>(to, pixel as u16);
  store<u8>(to, (pixel >> 16) as u8, 2);
}

/** The index inside [0, length) that a position outside shows. */
function mirrored(position: i32, length: i32): i32 {
  const period = max(1, 2 * (length - 1));
  const folded = ((position % period) + period) % period;
  return folded < length ? folded : period - folded;
}
