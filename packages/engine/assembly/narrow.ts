// A matrix becomes a weight in few bits, bit for bit as src/packed/pack.ts says it in plain words.

import { Format, NF4_BLOCK, Narrowing } from './layouts';
import { narrowHalves } from './bfloat16';
import { loadSome, maxOfLanes } from './lanes';
import { widen } from './weight';

/** Numbers of a row that are read at a time. */
const SOME: usize = 512;

export function narrowTask(job: usize, task: usize, scratch: usize): void {
  const work = changetype<Narrowing>(job);
  const end = min(work.items, (task + 1) * work.itemsPerTask);
  for (let item = task * work.itemsPerTask; item < end; item++) {
    if (work.toFormat === Format.bfloat16) narrowRow(work, item, scratch);
    else if (work.toFormat === Format.int8) quantiseRow(work, item, scratch);
    else quantiseBlock(work, item, scratch);
  }
}

function narrowRow(work: Narrowing, row: usize, scratch: usize): void {
  const columns = work.columns;
  const halves = (columns + 1) & ~1;
  const to = work.toValues + row * halves * 2;
  for (let column: usize = 0; column < columns; column += SOME) {
    const count = min(SOME, columns - column);
    widen(work, row, column, count, scratch);
    narrowHalves(scratch, count, to + column * 2);
  }
  if (halves > columns) store<u16>(to + columns * 2, 0);
}

/** The largest absolute value of some numbers and of what is there already, lane by lane. */
@inline
function largest(from: usize, count: usize, most: v128): v128 {
  const whole = count & ~3;
  for (let i: usize = 0; i < whole * 4; i += 16) most = f32x4.max(most, f32x4.abs(v128.load(from + i)));
  return f32x4.max(most, f32x4.abs(loadSome(from + whole * 4, count - whole, 0)));
}

/** s = max|w| / 127, q = w/s to the nearest whole number, of two equally near to the even one. */
function quantiseRow(work: Narrowing, row: usize, scratch: usize): void {
  const columns = work.columns;
  let most = f32x4.splat(0);
  for (let column: usize = 0; column < columns; column += SOME) {
    const count = min(SOME, columns - column);
    widen(work, row, column, count, scratch);
    most = largest(scratch, count, most);
  }
  const scale: f32 = maxOfLanes(most) / 127;
  store<f32>(work.toScales + row * 4, scale);
  const bytes = (columns + 3) & ~3;
  const to = work.toValues + row * bytes;
  if (scale === 0) {
    memory.fill(to, 0, bytes);
    return;
  }
  const scales = f32x4.splat(scale);
  for (let column: usize = 0; column < columns; column += SOME) {
    const count = min(SOME, columns - column);
    if (columns > SOME) widen(work, row, column, count, scratch);
    for (let i: usize = 0; i < count; i += 4) {
      const some = min<usize>(4, count - i);
      const x = some === 4 ? v128.load(scratch + i * 4) : loadSome(scratch + i * 4, some, 0);
      const whole = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.div(x, scales)));
      const halves = i16x8.narrow_i32x4_s(whole, whole);
      v128.store32_lane(to + column + i, i8x16.narrow_i16x8_s(halves, halves), 0);
    }
  }
}

/** The places of the nearest values of nf4: how many of the midpoints between neighbours are less. */
function nearestPlaces(x: v128): v128 {
  let places = i32x4.splat(0);
  places = i32x4.sub(places, f32x4.gt(x, f32x4.splat(-0.8480963706970215)));
  places = i32x4.sub(places, f32x4.gt(x, f32x4.splat(-0.6106328964233398)));
  places = i32x4.sub(places, f32x4.gt(x, f32x4.splat(-0.4599952697753906)));
  places = i32x4.sub(places, f32x4.gt(x, f32x4.splat(-0.33967941999435425)));
  places = i32x4.sub(places, f32x4.gt(x, f32x4.splat(-0.23460739850997925)));
  places = i32x4.sub(places, f32x4.gt(x, f32x4.splat(-0.13791173696517944)));
  places = i32x4.sub(places, f32x4.gt(x, f32x4.splat(-0.045525018125772476)));
  places = i32x4.sub(places, f32x4.gt(x, f32x4.splat(0.03979014977812767)));
  places = i32x4.sub(places, f32x4.gt(x, f32x4.splat(0.120255246758461)));
  places = i32x4.sub(places, f32x4.gt(x, f32x4.splat(0.2035212516784668)));
  places = i32x4.sub(places, f32x4.gt(x, f32x4.splat(0.2920137643814087)));
  places = i32x4.sub(places, f32x4.gt(x, f32x4.splat(0.3893125355243683)));
  places = i32x4.sub(places, f32x4.gt(x, f32x4.splat(0.5016634464263916)));
  places = i32x4.sub(places, f32x4.gt(x, f32x4.splat(0.6427869200706482)));
  return i32x4.sub(places, f32x4.gt(x, f32x4.splat(0.8614784479141235)));
}

/** absmax and the nearest values to w · (1 / absmax), as bitsandbytes has them. */
function quantiseBlock(work: Narrowing, block: usize, scratch: usize): void {
  const columns = work.columns;
  const first = block * NF4_BLOCK;
  const count = min(NF4_BLOCK, work.rows * columns - first);
  for (let done: usize = 0; done < count; ) {
    const column = (first + done) % columns;
    const some = min(count - done, columns - column);
    widen(work, (first + done) / columns, column, some, scratch + done * 4);
    done += some;
  }
  const most = maxOfLanes(largest(scratch, count, f32x4.splat(0)));
  store<f32>(work.toScales + block * 4, most);
  const inverses = f32x4.splat(most === 0 ? 0 : 1 / most);
  const words = (count + 7) / 8;
  // The rest of the last word is zero.
  for (let i = count; i < words * 8; i++) store<f32>(scratch + i * 4, -Infinity);
  for (let word: usize = 0; word < words; word++) {
    const at = scratch + word * 32;
    const a = nearestPlaces(f32x4.mul(v128.load(at), inverses));
    const b = nearestPlaces(f32x4.mul(v128.load(at, 16), inverses));
    const halves = i16x8.narrow_i32x4_s(a, b);
    // A pair of places is a byte, the first in its high half.
    const pairs = v128.and(v128.or(i16x8.shl(halves, 4), i32x4.shr_u(halves, 16)), i32x4.splat(0xff));
    const bytes = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(pairs, pairs), pairs);
    store<i32>(work.toValues + (first / 8 + word) * 4, i32x4.extract_lane(bytes, 0));
  }
}
