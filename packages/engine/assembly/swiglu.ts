import { Rows } from './layouts';
import { logisticOfNumber } from './exponential';
import { loadSome, storeSome } from './lanes';

/** out = silu(a) ⊙ b, silu(x) = x·σ(x). */
export function swiGluTask(job: usize, task: usize, table: usize): void {
  const work = changetype<Rows>(job);
  const start = task * work.rowsPerTask;
  const end = min(work.rows, start + work.rowsPerTask);
  const a = work.a;
  const b = work.b;
  const out = work.out;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    const x = v128.load(a + i * 4);
    v128.store(out + i * 4, f32x4.mul(f32x4.mul(x, logisticOfNumber(x, table)), v128.load(b + i * 4)));
  }
  if (i < end) {
    const x = loadSome(a + i * 4, end - i, 0);
    storeSome(out + i * 4, end - i, f32x4.mul(f32x4.mul(x, logisticOfNumber(x, table)), loadSome(b + i * 4, end - i, 0)));
  }
}

/** d gate = dy ⊙ up ⊙ silu'(gate) with silu' = σ + silu·(1 − σ), d up = dy ⊙ silu(gate). a = gate, b = up, c = dy. */
export function swiGluGradientTask(job: usize, task: usize, table: usize): void {
  const work = changetype<Rows>(job);
  const start = task * work.rowsPerTask;
  const end = min(work.rows, start + work.rowsPerTask);
  for (let i = start; i < end; i += 4) {
    const count = min<usize>(4, end - i);
    const at = i * 4;
    const full = count === 4;
    const gate = full ? v128.load(work.a + at) : loadSome(work.a + at, count, 0);
    const up = full ? v128.load(work.b + at) : loadSome(work.b + at, count, 0);
    const dy = full ? v128.load(work.c + at) : loadSome(work.c + at, count, 0);
    const s = logisticOfNumber(gate, table);
    const silu = f32x4.mul(gate, s);
    const slope = f32x4.add(s, f32x4.mul(silu, f32x4.sub(f32x4.splat(1), s)));
    const dGate = f32x4.mul(f32x4.mul(dy, up), slope);
    const dUp = f32x4.mul(dy, silu);
    if (full) {
      v128.store(work.out + at, dGate);
      v128.store(work.out2 + at, dUp);
    } else {
      storeSome(work.out + at, count, dGate);
      storeSome(work.out2 + at, count, dUp);
    }
  }
}
