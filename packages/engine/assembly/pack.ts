// Packing: a block of a strided matrix is copied into panels in the very order in which the register tile
// reads it. Operands are addressed by row and column strides, so a transposed matrix costs nothing more.
// Panels at the edge are filled up with zeros.

import { transpose4Rows } from './lanes';
import { MR, NR } from './tile';

/** Panels filled side by side from contiguous lines, so that a cache line is read once for all of them. */
const TOGETHER: usize = 4;

/** Four numbers of each of four rows, `fromStep` bytes apart, become four rows `toStep` bytes apart. */
@inline
function transpose4x4(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  transpose4Rows(
    v128.load(from),
    v128.load(from + fromStep),
    v128.load(from + 2 * fromStep),
    v128.load(from + 3 * fromStep),
    to,
    toStep,
  );
}

/** The same with two rows. */
@inline
function transpose2x4(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const r0 = v128.load(from);
  const r1 = v128.load(from + fromStep);
  const low = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const high = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  v128.store64_lane(to, low, 0);
  v128.store64_lane(to + toStep, low, 1);
  v128.store64_lane(to + 2 * toStep, high, 0);
  v128.store64_lane(to + 3 * toStep, high, 1);
}

/** `width` contiguous numbers: 6 or 8. */
@inline
function copyLine(from: usize, to: usize, width: usize): void {
  v128.store(to, v128.load(from));
  if (width === 6) store<u64>(to, load<u64>(from, 16), 16);
  else v128.store(to, v128.load(from, 16), 16);
}

/**
 * Panels of `width` lines (rows of A or columns of B): to[k·width + i] = line i at k, panel after panel.
 *
 * @param lineStep  bytes between lines.
 * @param depthStep bytes between successive k of a line.
 */
@inline
function pack(
  from: usize,
  lineStep: usize,
  depthStep: usize,
  lines: usize,
  depth: usize,
  to: usize,
  width: usize,
): void {
  const toStep = width * 4;
  const panelBytes = depth * toStep;
  let line: usize = 0;
  if (lineStep === 4) {
    for (; line + TOGETHER * width <= lines; line += TOGETHER * width) {
      let x = from + line * 4;
      let y = to;
      for (let k: usize = 0; k < depth; k++) {
        copyLine(x, y, width);
        copyLine(x + toStep, y + panelBytes, width);
        copyLine(x + 2 * toStep, y + 2 * panelBytes, width);
        copyLine(x + 3 * toStep, y + 3 * panelBytes, width);
        x += depthStep;
        y += toStep;
      }
      to += TOGETHER * panelBytes;
    }
  }
  for (; line < lines; line += width) {
    packPanel(from + line * lineStep, lineStep, depthStep, min(width, lines - line), depth, to, width);
    to += panelBytes;
  }
}

/** One panel, `lines` of its lines real. */
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
      copyLine(from, to, width);
      from += depthStep;
      to += toStep;
    }
    return;
  }
  let k: usize = 0;
  if (lines === width && depthStep === 4) {
    for (; k + 4 <= depth; k += 4) {
      transpose4x4(from, lineStep, to, toStep);
      if (width === 6) transpose2x4(from + 4 * lineStep, lineStep, to + 16, toStep);
      else transpose4x4(from + 4 * lineStep, lineStep, to + 16, toStep);
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
  pack(from, rowStep, columnStep, rows, depth, to, MR);
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
  pack(from, columnStep, rowStep, columns, depth, to, NR);
}
