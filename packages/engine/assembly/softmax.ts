import { Rows } from './layouts';
import { exponentialBelow } from './exponential';
import { SUM_BLOCK, loadSome, maxOfLanes, storeSome, sumOfLanes } from './lanes';

/** y = softmax(x), which may be the same row. */
export function softmaxRow(x: usize, y: usize, width: usize, table: usize): void {
  const whole = width & ~3;
  const rest = width - whole;
  let most = loadSome(x + whole * 4, rest, -Infinity);
  for (let j: usize = 0; j < whole * 4; j += 16) most = f32x4.pmax(most, v128.load(x + j));
  const shift = f32x4.splat(maxOfLanes(most));
  let sum = f32x4.splat(0);
  for (let j: usize = 0; j < whole * 4; ) {
    const end = min(whole * 4, j + SUM_BLOCK * 4);
    let part = f32x4.splat(0);
    for (; j < end; j += 16) {
      const e = exponentialBelow(f32x4.sub(v128.load(x + j), shift), table);
      v128.store(y + j, e);
      part = f32x4.add(part, e);
    }
    sum = f32x4.add(sum, part);
  }
  if (rest) {
    const e = exponentialBelow(f32x4.sub(loadSome(x + whole * 4, rest, -Infinity), shift), table);
    storeSome(y + whole * 4, rest, e);
    // Lanes beyond the row are exp(−∞) = 0, or NaN where the whole row is.
    sum = f32x4.add(sum, e);
  }
  const scale: f32 = 1 / sumOfLanes(sum);
  const scales = f32x4.splat(scale);
  for (let j: usize = 0; j < whole * 4; j += 16) v128.store(y + j, f32x4.mul(v128.load(y + j), scales));
  for (let j = whole; j < width; j++) store<f32>(y + j * 4, load<f32>(y + j * 4) * scale);
}

/** out = softmax(a) along rows. */
export function softmaxTask(job: usize, task: usize, table: usize): void {
  const work = changetype<Rows>(job);
  const width = work.width;
  const end = min(work.rows, (task + 1) * work.rowsPerTask);
  for (let row = task * work.rowsPerTask; row < end; row++) {
    softmaxRow(work.a + row * width * 4, work.out + row * width * 4, width, table);
  }
}

/** out = y ⊙ (dy − Σ dy ⊙ y) along rows: the gradient of softmax. a = y, b = dy. */
export function softmaxGradientTask(job: usize, task: usize): void {
  const work = changetype<Rows>(job);
  const width = work.width;
  const whole = width & ~3;
  const end = min(work.rows, (task + 1) * work.rowsPerTask);
  for (let row = task * work.rowsPerTask; row < end; row++) {
    const offset = row * width * 4;
    const y = work.a + offset;
    const dy = work.b + offset;
    const dx = work.out + offset;
    let sums = f32x4.splat(0);
    for (let j: usize = 0; j < whole * 4; ) {
      const end = min(whole * 4, j + SUM_BLOCK * 4);
      let part = f32x4.splat(0);
      for (; j < end; j += 16) part = f32x4.add(part, f32x4.mul(v128.load(y + j), v128.load(dy + j)));
      sums = f32x4.add(sums, part);
    }
    let sum = sumOfLanes(sums);
    for (let j = whole; j < width; j++) sum += load<f32>(y + j * 4) * load<f32>(dy + j * 4);
    const shift = f32x4.splat(sum);
    for (let j: usize = 0; j < whole * 4; j += 16) {
      v128.store(dx + j, f32x4.mul(v128.load(y + j), f32x4.sub(v128.load(dy + j), shift)));
    }
    for (let j = whole; j < width; j++) {
      store<f32>(dx + j * 4, load<f32>(y + j * 4) * (load<f32>(dy + j * 4) - sum));
    }
  }
}
