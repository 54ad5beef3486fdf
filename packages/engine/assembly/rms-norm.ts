import { Rows } from './layouts';
import { sumOfLanes } from './lanes';

/** 1 / √(mean of squares + ε) of a row. */
@inline
function inverseRoot(x: usize, width: usize, epsilon: f32): f32 {
  const whole = width & ~3;
  let sums = f32x4.splat(0);
  for (let j: usize = 0; j < whole * 4; j += 16) {
    const v = v128.load(x + j);
    sums = f32x4.add(sums, f32x4.mul(v, v));
  }
  let sum = sumOfLanes(sums);
  for (let j = whole; j < width; j++) {
    const v = load<f32>(x + j * 4);
    sum += v * v;
  }
  return 1 / sqrt<f32>(sum / f32(width) + epsilon);
}

/** out = b ⊙ a / √(mean(a²) + number) along rows; b is one row. */
export function rmsNormTask(job: usize, task: usize): void {
  const work = changetype<Rows>(job);
  const width = work.width;
  const whole = width & ~3;
  const weight = work.b;
  const end = min(work.rows, (task + 1) * work.rowsPerTask);
  for (let row = task * work.rowsPerTask; row < end; row++) {
    const x = work.a + row * width * 4;
    const y = work.out + row * width * 4;
    const root = inverseRoot(x, width, work.number);
    const roots = f32x4.splat(root);
    for (let j: usize = 0; j < whole * 4; j += 16) {
      v128.store(y + j, f32x4.mul(f32x4.mul(v128.load(x + j), roots), v128.load(weight + j)));
    }
    for (let j = whole; j < width; j++) {
      store<f32>(y + j * 4, load<f32>(x + j * 4) * root * load<f32>(weight + j * 4));
    }
  }
}

/**
 * With r = 1 / √(mean(x²) + ε), n = x·r and s = dy ⊙ w:
 *   dx = r·(s − n·mean(s ⊙ n)),   dw = Σ over rows of dy ⊙ n.
 * a = x, b = w, c = dy, out = dx, out2 [tasks, width] each task's part of dw.
 */
export function rmsNormGradientTask(job: usize, task: usize): void {
  const work = changetype<Rows>(job);
  const width = work.width;
  const whole = width & ~3;
  const w = work.b;
  const dw = work.out2 + task * width * 4;
  for (let j: usize = 0; j < width; j++) store<f32>(dw + j * 4, 0);
  const end = min(work.rows, (task + 1) * work.rowsPerTask);
  for (let row = task * work.rowsPerTask; row < end; row++) {
    const offset = row * width * 4;
    const x = work.a + offset;
    const dy = work.c + offset;
    const dx = work.out + offset;
    const r = inverseRoot(x, width, work.number);
    const rs = f32x4.splat(r);
    let sums = f32x4.splat(0);
    for (let j: usize = 0; j < whole * 4; j += 16) {
      const d = v128.load(dy + j);
      const n = f32x4.mul(v128.load(x + j), rs);
      const dn = f32x4.mul(d, n);
      v128.store(dw + j, f32x4.add(v128.load(dw + j), dn));
      sums = f32x4.add(sums, f32x4.mul(dn, v128.load(w + j)));
    }
    let sum = sumOfLanes(sums);
    for (let j = whole; j < width; j++) {
      const dn = load<f32>(dy + j * 4) * load<f32>(x + j * 4) * r;
      store<f32>(dw + j * 4, load<f32>(dw + j * 4) + dn);
      sum += dn * load<f32>(w + j * 4);
    }
    const along = (sum / f32(width)) * r;
    const alongs = f32x4.splat(along);
    for (let j: usize = 0; j < whole * 4; j += 16) {
      const s = f32x4.mul(v128.load(dy + j), v128.load(w + j));
      const n = f32x4.mul(v128.load(x + j), alongs);
      v128.store(dx + j, f32x4.mul(f32x4.sub(s, n), rs));
    }
    for (let j = whole; j < width; j++) {
      const s = load<f32>(dy + j * 4) * load<f32>(w + j * 4);
      store<f32>(dx + j * 4, (s - load<f32>(x + j * 4) * along) * r);
    }
  }
}
