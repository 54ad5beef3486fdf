import { Binary, BinaryOperation, Unary, UnaryOperation } from './layouts';
import { exponential, logistic } from './exponential';
import { loadSome, storeSome } from './lanes';


@inline
function apply(operation: i32, x: v128, y: v128): v128 {
  if (operation === BinaryOperation.add) return f32x4.add(x, y);
  if (operation === BinaryOperation.subtract) return f32x4.sub(x, y);
  if (operation === BinaryOperation.multiply) return f32x4.mul(x, y);
  if (operation === BinaryOperation.divide) return f32x4.div(x, y);
  return x;
}

/** A row; `operation`, and whether an operand is one number, are constants once this is inlined. */
@inline
function row(operation: i32, a: usize, aRepeats: bool, b: usize, bRepeats: bool, out: usize, inner: usize): void {
  const x0 = v128.load32_splat(a);
  const y0 = v128.load32_splat(b);
  const whole = inner & ~3;
  for (let j: usize = 0; j < whole * 4; j += 16) {
    v128.store(
      out + j,
      apply(operation, aRepeats ? x0 : v128.load(a + j), bRepeats ? y0 : v128.load(b + j)),
    );
  }
  if (whole < inner) {
    const at = whole * 4;
    const count = inner - whole;
    const x = aRepeats ? x0 : loadSome(a + at, count, 1);
    const y = bRepeats ? y0 : loadSome(b + at, count, 1);
    storeSome(out + at, count, apply(operation, x, y));
  }
}

@inline
function rowOf(operation: i32, a: usize, aStep: usize, b: usize, bStep: usize, out: usize, inner: usize): void {
  if (aStep && bStep) row(operation, a, false, b, false, out, inner);
  else if (aStep) row(operation, a, false, b, true, out, inner);
  else if (bStep) row(operation, a, true, b, false, out, inner);
  else row(operation, a, true, b, true, out, inner);
}

export function binaryTask(job: usize, task: usize): void {
  const work = changetype<Binary>(job);
  const operation = work.operation;
  const aStep = work.aInnerStep;
  const bStep = work.bInnerStep;
  const end = min(work.rows, (task + 1) * work.rowsPerTask);
  for (let i = task * work.rowsPerTask; i < end; i++) {
    const outer = i / work.middle;
    const middle = i % work.middle;
    const a = work.a + outer * work.aOuterStep + middle * work.aMiddleStep;
    const b = work.b + outer * work.bOuterStep + middle * work.bMiddleStep;
    const out = work.out + i * work.inner * 4;
    const inner = i + 1 === work.rows ? work.lastInner : work.inner;
    if (operation === BinaryOperation.add) rowOf(BinaryOperation.add, a, aStep, b, bStep, out, inner);
    else if (operation === BinaryOperation.subtract) rowOf(BinaryOperation.subtract, a, aStep, b, bStep, out, inner);
    else if (operation === BinaryOperation.multiply) rowOf(BinaryOperation.multiply, a, aStep, b, bStep, out, inner);
    else if (operation === BinaryOperation.divide) rowOf(BinaryOperation.divide, a, aStep, b, bStep, out, inner);
    else rowOf(4, a, aStep, a, aStep, out, inner);
  }
}

@inline
function map(operation: i32, x: v128, table: usize): v128 {
  if (operation === UnaryOperation.exponential) return exponential(x, table);
  if (operation === UnaryOperation.sigmoid) return logistic(x, table);
  if (operation === UnaryOperation.square) return f32x4.mul(x, x);
  if (operation === UnaryOperation.negative) return f32x4.neg(x);
  return f32x4.sqrt(x);
}

@inline
function mapAll(operation: i32, a: usize, out: usize, size: usize, table: usize): void {
  const whole = size & ~3;
  for (let j: usize = 0; j < whole * 4; j += 16) v128.store(out + j, map(operation, v128.load(a + j), table));
  if (whole < size) {
    storeSome(out + whole * 4, size - whole, map(operation, loadSome(a + whole * 4, size - whole, 0), table));
  }
}

export function unaryTask(job: usize, task: usize, table: usize): void {
  const work = changetype<Unary>(job);
  const start = task * work.sizePerTask;
  const size = min(work.size, start + work.sizePerTask) - start;
  const a = work.a + start * 4;
  const out = work.out + start * 4;
  if (work.operation === UnaryOperation.exponential) mapAll(UnaryOperation.exponential, a, out, size, table);
  else if (work.operation === UnaryOperation.sigmoid) mapAll(UnaryOperation.sigmoid, a, out, size, table);
  else if (work.operation === UnaryOperation.square) mapAll(UnaryOperation.square, a, out, size, table);
  else if (work.operation === UnaryOperation.negative) mapAll(UnaryOperation.negative, a, out, size, table);
  else mapAll(UnaryOperation.squareRoot, a, out, size, table);
}
