import { Rows, WeightRows } from './layouts';
import { rounded } from './bfloat16';
import { loadSome, storeSome } from './lanes';
import { widenScaled } from './weight';

export function weightRowsTask(job: usize, task: usize): void {
  const work = changetype<WeightRows>(job);
  const columns = work.columns;
  const end = min(work.count, (task + 1) * work.countPerTask);
  for (let i = task * work.countPerTask; i < end; i++) {
    widenScaled(work, usize(load<i32>(work.ids + i * 4)), 0, columns, work.out + i * columns * 4);
  }
}

/** out = a, each column times its number in b if there is one, and then rounded to bfloat16 if `option` is 1. */
export function operandTask(job: usize, task: usize): void {
  const work = changetype<Rows>(job);
  const width = work.width;
  const scales = work.b;
  const end = min(work.rows, (task + 1) * work.rowsPerTask);
  for (let row = task * work.rowsPerTask; row < end; row++) {
    const from = work.a + row * width * 4;
    const to = work.out + row * width * 4;
    for (let j: usize = 0; j < width; j += 4) {
      const some = min<usize>(4, width - j);
      const whole = some === 4;
      let x = whole ? v128.load(from + j * 4) : loadSome(from + j * 4, some, 0);
      if (scales) x = f32x4.mul(x, whole ? v128.load(scales + j * 4) : loadSome(scales + j * 4, some, 0));
      if (work.option) x = rounded(x);
      if (whole) v128.store(to + j * 4, x);
      else storeSome(to + j * 4, some, x);
    }
  }
}
