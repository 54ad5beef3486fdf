// Products with few rows of A whose operands both lie along k (x·Wᵀ, every linear layer when text is generated):
// packing W would cost as much as the product, so sums run along k straight from memory.

import { sumOfLanes, sumsOfFour } from './lanes';
import { multiplyAdd } from './micro-kernel';

/** The numbers after the last whole vector. */
function tailDot(a: usize, b: usize, from: usize, depth: usize): f32 {
  let sum: f32 = 0;
  for (let k = from; k < depth; k++) sum += load<f32>(a + k * 4) * load<f32>(b + k * 4);
  return sum;
}

@inline
function addTails(a: usize, b: usize, b1: usize, from: usize, depth: usize, c: usize): void {
  store<f32>(c, load<f32>(c) + tailDot(a, b, from, depth));
  store<f32>(c, load<f32>(c, 4) + tailDot(a, b1, from, depth), 4);
}

/** The first two numbers at c, the others a row below. */
@inline
function putPairs(c: usize, cStep: usize, sums: v128, accumulate: bool): void {
  if (accumulate) sums = f32x4.add(sums, v128.load64_lane(c + cStep, v128.load64_zero(c), 1));
  v128.store64_lane(c, sums, 0);
  v128.store64_lane(c + cStep, sums, 1);
}

/** C[4×2] = A·Bᵀ, or C += A·Bᵀ. Rows of A, B and C lie aStep, bStep and cStep bytes apart. */
function dot4x2(
  depth: usize,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  c: usize,
  cStep: usize,
  accumulate: bool,
): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  const whole = depth & ~3;
  const a1 = a + aStep;
  const a2 = a1 + aStep;
  const a3 = a2 + aStep;
  const b1 = b + bStep;
  for (let k: usize = 0; k < whole * 4; k += 16) {
    const x = v128.load(b + k);
    const y = v128.load(b1 + k);
    let z = v128.load(a + k);
    c00 = multiplyAdd(z, x, c00);
    c01 = multiplyAdd(z, y, c01);
    z = v128.load(a1 + k);
    c10 = multiplyAdd(z, x, c10);
    c11 = multiplyAdd(z, y, c11);
    z = v128.load(a2 + k);
    c20 = multiplyAdd(z, x, c20);
    c21 = multiplyAdd(z, y, c21);
    z = v128.load(a3 + k);
    c30 = multiplyAdd(z, x, c30);
    c31 = multiplyAdd(z, y, c31);
  }
  putPairs(c, cStep, sumsOfFour(c00, c01, c10, c11), accumulate);
  putPairs(c + 2 * cStep, cStep, sumsOfFour(c20, c21, c30, c31), accumulate);
  if (whole === depth) return;
  addTails(a, b, b1, whole, depth, c);
  addTails(a1, b, b1, whole, depth, c + cStep);
  addTails(a2, b, b1, whole, depth, c + 2 * cStep);
  addTails(a3, b, b1, whole, depth, c + 3 * cStep);
}

/** C[1×4] = A·Bᵀ, or C += A·Bᵀ. */
function dot1x4(depth: usize, a: usize, b: usize, bStep: usize, c: usize, accumulate: bool): void {
  let c0 = f32x4.splat(0);
  let c1 = f32x4.splat(0);
  let c2 = f32x4.splat(0);
  let c3 = f32x4.splat(0);
  const whole = depth & ~3;
  const b1 = b + bStep;
  const b2 = b1 + bStep;
  const b3 = b2 + bStep;
  for (let k: usize = 0; k < whole * 4; k += 16) {
    const z = v128.load(a + k);
    c0 = multiplyAdd(z, v128.load(b + k), c0);
    c1 = multiplyAdd(z, v128.load(b1 + k), c1);
    c2 = multiplyAdd(z, v128.load(b2 + k), c2);
    c3 = multiplyAdd(z, v128.load(b3 + k), c3);
  }
  const sums = sumsOfFour(c0, c1, c2, c3);
  v128.store(c, accumulate ? f32x4.add(v128.load(c), sums) : sums);
  if (whole === depth) return;
  addTails(a, b, b1, whole, depth, c);
  addTails(a, b2, b3, whole, depth, c + 8);
}

/** C = A·Bᵀ, or C += A·Bᵀ, for any sizes, both operands contiguous along k. */
export function dotBlock(
  depth: usize,
  a: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  c: usize,
  cStep: usize,
  rows: usize,
  columns: usize,
  accumulate: bool,
): void {
  const whole = depth & ~3;
  const fours = rows & ~3;
  let j: usize = 0;
  // Four columns at a time, so that B is read from memory once.
  for (; j + 4 <= columns; j += 4) {
    const b0 = b + j * bStep;
    const to = c + j * 4;
    for (let i: usize = 0; i < fours; i += 4) {
      dot4x2(depth, a + i * aStep, aStep, b0, bStep, to + i * cStep, cStep, accumulate);
      dot4x2(depth, a + i * aStep, aStep, b0 + 2 * bStep, bStep, to + i * cStep + 8, cStep, accumulate);
    }
    for (let i = fours; i < rows; i++) dot1x4(depth, a + i * aStep, b0, bStep, to + i * cStep, accumulate);
  }
  for (; j < columns; j++) {
    for (let i: usize = 0; i < rows; i++) {
      const x = a + i * aStep;
      const y = b + j * bStep;
      let sum = f32x4.splat(0);
      for (let k: usize = 0; k < whole * 4; k += 16) {
        sum = multiplyAdd(v128.load(x + k), v128.load(y + k), sum);
      }
      const to = c + i * cStep + j * 4;
      const all = sumOfLanes(sum) + tailDot(x, y, whole, depth);
      store<f32>(to, accumulate ? load<f32>(to) + all : all);
    }
  }
}
