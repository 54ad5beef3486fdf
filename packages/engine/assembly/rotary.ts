
import { Rows } from './layouts';

/**
 * out = a·cos + rotateHalf(a)·sin with rotateHalf(u‖v) = (−v‖u), along rows of even width.
 * b = cos, c = sin, one row of theirs for `option` rows of a; number = −1 turns the other way: the transpose,
 * which is the gradient.
 */
export function rotaryTask(job: usize, task: usize): void {
  const work = changetype<Rows>(job);
  const width = work.width;
  const half = width / 2;
  const whole = half & ~3;
  const sign = work.number;
  const signs = f32x4.splat(sign);
  const end = min(work.rows, (task + 1) * work.rowsPerTask);
  for (let row = task * work.rowsPerTask; row < end; row++) {
    const x = work.a + row * width * 4;
    const y = work.out + row * width * 4;
    const table = (row / work.option) * width * 4;
    const cos = work.b + table;
    const sin = work.c + table;
    const second = half * 4;
    // Of the transpose, each half is turned by the other's sine.
    const sin1 = sign < 0 ? sin + second : sin;
    const sin2 = sign < 0 ? sin : sin + second;
    let j: usize = 0;
    for (; j < whole * 4; j += 16) {
      const u = v128.load(x + j);
      const v = v128.load(x + second + j);
      v128.store(y + j, f32x4.sub(f32x4.mul(u, v128.load(cos + j)), f32x4.mul(v, f32x4.mul(signs, v128.load(sin1 + j)))));
      v128.store(y + second + j, f32x4.add(f32x4.mul(v, v128.load(cos + second + j)), f32x4.mul(u, f32x4.mul(signs, v128.load(sin2 + j)))));
    }
    for (; j < half * 4; j += 4) {
      const u = load<f32>(x + j);
      const v = load<f32>(x + second + j);
      store<f32>(y + j, u * load<f32>(cos + j) - v * sign * load<f32>(sin1 + j));
      store<f32>(y + second + j, v * load<f32>(cos + second + j) + u * sign * load<f32>(sin2 + j));
    }
  }
}
