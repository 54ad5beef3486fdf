// Packing: a block of a strided matrix is copied into panels in the very order in which the register tile
// reads it. Operands are addressed by row and column strides, so a transposed matrix costs nothing more.
// Panels at the edge are filled up with zeros.

import { MR, NR } from './tile';

/** Transposes 4 × 4 numbers: four rows `fromStep` bytes apart become four rows `toStep` bytes apart. */
// @ts-expect-error: decorator
@inline
function transpose4x4(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const r0 = v128.load(from);
  const r1 = v128.load(from + fromStep);
  const r2 = v128.load(from + 2 * fromStep);
  const r3 = v128.load(from + 3 * fromStep);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(to + toStep, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
  v128.store(to + 2 * toStep, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
  v128.store(to + 3 * toStep, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
}

/**
 * One panel of `width` lines (rows of A or columns of B), `lines` of them real: to[k·width + i] = line i at k.
 *
 * @param lineStep  bytes between lines.
 * @param depthStep bytes between successive k of a line.
 */
// @ts-expect-error: decorator
@inline
function packPanel(
  from: usize,
  lineStep: usize,
  depthStep: usize,
  lines: usize,
  depth: usize,
  to: usize,
  width: usize,
): void {
  const toStep = width * 4;
  if (lines === width && lineStep === 4) {
    for (let k: usize = 0; k < depth; k++) {
      for (let i: usize = 0; i < width; i += 4) v128.store(to + i * 4, v128.load(from + i * 4));
      from += depthStep;
      to += toStep;
    }
    return;
  }
  let k: usize = 0;
  if (lines === width && depthStep === 4) {
    for (; k + 4 <= depth; k += 4) {
      for (let i: usize = 0; i < width; i += 4) transpose4x4(from + i * lineStep, lineStep, to + i * 4, toStep);
      from += 16;
      to += 4 * toStep;
    }
  }
  for (; k < depth; k++) {
    for (let i: usize = 0; i < width; i++) {
      store<f32>(to + i * 4, i < lines ? load<f32>(from + i * lineStep) : 0);
    }
    from += depthStep;
    to += toStep;
  }
}

/** Packs A [rows, depth] into panels of MR rows. */
export function packRows(
  from: usize,
  rowStep: usize,
  columnStep: usize,
  rows: usize,
  depth: usize,
  to: usize,
): void {
  for (let i: usize = 0; i < rows; i += MR) {
    packPanel(from + i * rowStep, rowStep, columnStep, min(MR, rows - i), depth, to, MR);
    to += MR * depth * 4;
  }
}

/** Packs B [depth, columns] into panels of NR columns. */
export function packColumns(
  from: usize,
  rowStep: usize,
  columnStep: usize,
  depth: usize,
  columns: usize,
  to: usize,
): void {
  for (let j: usize = 0; j < columns; j += NR) {
    packPanel(from + j * columnStep, columnStep, rowStep, min(NR, columns - j), depth, to, NR);
    to += NR * depth * 4;
  }
}
