import { REDUCED_COLUMNS, Rows } from './layouts';
import { SUM_BLOCK, loadSome, maxOfLanes, storeSome, sumOfLanes } from './lanes';

/** out[row] = Σ of the row of a [rows, width] · number; `option` 1 takes the largest instead. */
export function reduceRowsTask(job: usize, task: usize): void {
  const work = changetype<Rows>(job);
  const width = work.width;
  const whole = width & ~3;
  const end = min(work.rows, (task + 1) * work.rowsPerTask);
  for (let row = task * work.rowsPerTask; row < end; row++) {
    const x = work.a + row * width * 4;
    let result: f32;
    if (work.option === 1) {
      let most = loadSome(x + whole * 4, width - whole, -Infinity);
      for (let j: usize = 0; j < whole * 4; j += 16) most = f32x4.max(most, v128.load(x + j));
      result = maxOfLanes(most);
    } else {
      let sum = loadSome(x + whole * 4, width - whole, 0);
      for (let j: usize = 0; j < whole * 4; ) {
        const end = min(whole * 4, j + SUM_BLOCK * 4);
        let part = f32x4.splat(0);
        for (; j < end; j += 16) part = f32x4.add(part, v128.load(x + j));
        sum = f32x4.add(sum, part);
      }
      result = sumOfLanes(sum) * work.number;
    }
    store<f32>(work.out + row * 4, result);
  }
}

/**
 * out[o, j] = number · Σ over i of a[o, i, j]: `option` rows of width `width` are added up in each of `rows`
 * matrices. A task takes one block of 64 columns of one matrix, so the sums stay in the cache.
 */
export function sumColumnsTask(job: usize, task: usize): void {
  const work = changetype<Rows>(job);
  const width = work.width;
  const blocks = (width + REDUCED_COLUMNS - 1) / REDUCED_COLUMNS;
  const matrix = task / blocks;
  const first = (task % blocks) * REDUCED_COLUMNS;
  const columns = min<usize>(REDUCED_COLUMNS, width - first);
  const whole = columns & ~3;
  const rest = columns - whole;
  const out = work.out + (matrix * width + first) * 4;
  let x = work.a + (matrix * work.option * width + first) * 4;
  for (let j: usize = 0; j < columns; j++) store<f32>(out + j * 4, 0);
  for (let i: usize = 0; i < work.option; i++) {
    for (let j: usize = 0; j < whole * 4; j += 16) {
      v128.store(out + j, f32x4.add(v128.load(out + j), v128.load(x + j)));
    }
    if (rest) {
      const at = whole * 4;
      storeSome(out + at, rest, f32x4.add(loadSome(out + at, rest, 0), loadSome(x + at, rest, 0)));
    }
    x += width * 4;
  }
  if (work.number !== 1) {
    for (let j: usize = 0; j < columns; j++) store<f32>(out + j * 4, load<f32>(out + j * 4) * work.number);
  }
}
