// The innermost loop of the matrix product: a tile of C, 6 rows × 8 columns, stays in twelve registers while
// k runs; three more of the fifteen that V8 has hold B and A. Twelve sums that do not depend on each other keep
// both vector ports of today's cores busy although each addition takes four cycles. With relaxed SIMD a multiplication
// and its addition are one instruction.

import { NR } from './tile';

/** sum + a·b in each of the four lanes; one instruction, rounded once, in the relaxed build. */
@inline
export function multiplyAdd(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, sum);
  return f32x4.add(sum, f32x4.mul(a, b));
}

@inline
function storeRow(c: usize, low: v128, high: v128): void {
  v128.store(c, low);
  v128.store(c, high, 16);
}

@inline
function addRow(c: usize, low: v128, high: v128): void {
  v128.store(c, f32x4.add(v128.load(c), low));
  v128.store(c, f32x4.add(v128.load(c, 16), high), 16);
}

/**
 * C[6×8] = A·B, or C += A·B.
 *
 * @param depth k, the length of the sums.
 * @param a     6 numbers (one column of the tile's rows) for each k, `aStep` bytes apart (24 in a packed panel).
 * @param b     8 numbers for each k, `bStep` bytes apart (32 in a packed panel).
 * @param c     first number of the tile; rows lie `cStep` bytes apart.
 */
export function tile6x8(
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
  let c40 = f32x4.splat(0);
  let c41 = f32x4.splat(0);
  let c50 = f32x4.splat(0);
  let c51 = f32x4.splat(0);
  let b0: v128;
  let b1: v128;
  let x: v128;

  // Not unrolled: the optimisers would hoist the loads of several k and spill the sums.
  for (let left = depth; left > 0; left--) {
    b0 = v128.load(b);
    b1 = v128.load(b, 16);
    x = v128.load32_splat(a);
    c00 = multiplyAdd(x, b0, c00);
    c01 = multiplyAdd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = multiplyAdd(x, b0, c10);
    c11 = multiplyAdd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = multiplyAdd(x, b0, c20);
    c21 = multiplyAdd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = multiplyAdd(x, b0, c30);
    c31 = multiplyAdd(x, b1, c31);
    x = v128.load32_splat(a, 16);
    c40 = multiplyAdd(x, b0, c40);
    c41 = multiplyAdd(x, b1, c41);
    x = v128.load32_splat(a, 20);
    c50 = multiplyAdd(x, b0, c50);
    c51 = multiplyAdd(x, b1, c51);
    a += aStep;
    b += bStep;
  }

  if (accumulate) {
    addRow(c, c00, c01);
    c += cStep;
    addRow(c, c10, c11);
    c += cStep;
    addRow(c, c20, c21);
    c += cStep;
    addRow(c, c30, c31);
    c += cStep;
    addRow(c, c40, c41);
    c += cStep;
    addRow(c, c50, c51);
    return;
  }
  storeRow(c, c00, c01);
  c += cStep;
  storeRow(c, c10, c11);
  c += cStep;
  storeRow(c, c20, c21);
  c += cStep;
  storeRow(c, c30, c31);
  c += cStep;
  storeRow(c, c40, c41);
  c += cStep;
  storeRow(c, c50, c51);
}

/** Adds or copies the part of a whole tile that lies inside C: `rows` × `columns` numbers. */
export function storePartOfTile(
  tile: usize,
  c: usize,
  cStep: usize,
  rows: usize,
  columns: usize,
  accumulate: bool,
): void {
  for (let i: usize = 0; i < rows; i++) {
    for (let j: usize = 0; j < columns; j++) {
      const value = load<f32>(tile + (i * NR + j) * 4);
      const to = c + i * cStep + j * 4;
      store<f32>(to, accumulate ? load<f32>(to) + value : value);
    }
  }
}
