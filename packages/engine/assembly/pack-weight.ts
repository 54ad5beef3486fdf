// Packing a weight that lies in few bits: some runs are widened side by side, then packed as those of any matrix.

import { Weight } from './layouts';
import { dotBlock } from './dot-kernel';
import { packColumns, packRows } from './pack';
import { MR, NR, RUN, RUNS } from './tile';
import { widen } from './weight';

/** Runs of some rows, one under the other, RUN numbers apart. */
@inline
function widenRuns(weight: Weight, row: usize, rows: usize, column: usize, count: usize, to: usize): void {
  for (let i: usize = 0; i < rows; i++) widen(weight, row + i, column, count, to + i * RUN * 4);
}

/** Rows of W at `depth` columns, at most KC, become one panel of MR rows. */
export function packWeightPanel(
  weight: Weight,
  row: usize,
  rows: usize,
  column: usize,
  depth: usize,
  to: usize,
  runs: usize,
): void {
  widenRuns(weight, row, rows, column, depth, runs);
  packRows(runs, RUN * 4, 4, rows, depth, to);
}

/** B = Wᵀ: rows of W at `depth` columns, at most KC, become panels of NR columns. */
export function packTransposed(
  weight: Weight,
  row: usize,
  rows: usize,
  column: usize,
  depth: usize,
  to: usize,
  runs: usize,
): void {
  for (let i: usize = 0; i < rows; i += NR) {
    const some = min(NR, rows - i);
    widenRuns(weight, row + i, some, column, depth, runs);
    packColumns(runs, 4, RUN * 4, depth, some, to + i * depth * 4);
  }
}

/** B = W: `depth` rows of W at some columns, at most NC, become panels of NR columns. */
export function packUntransposed(
  weight: Weight,
  row: usize,
  depth: usize,
  column: usize,
  columns: usize,
  to: usize,
  runs: usize,
): void {
  for (let k: usize = 0; k < depth; k += RUNS) {
    const some = min(RUNS, depth - k);
    widenRuns(weight, row + k, some, column, columns, runs);
    for (let j: usize = 0; j < columns; j += NR) {
      packColumns(runs + j * 4, RUN * 4, 4, some, min(NR, columns - j), to + (j * depth + k * NR) * 4);
    }
  }
}

/** Rows of W that are widened at a time for dot products, and numbers of each. */
const DOT_ROWS: usize = 4;
const DOT_RUN: usize = 2048;
/** Bytes of what they are widened to. */
export const DOT_BYTES: usize = DOT_ROWS * DOT_RUN * 4;

/** C = X·Wᵀ, or C += X·Wᵀ, for few rows of X, and rows of W from one on; `scratch` holds DOT_BYTES. */
export function dotWeight(
  weight: Weight,
  row: usize,
  x: usize,
  xStep: usize,
  c: usize,
  cStep: usize,
  rows: usize,
  columns: usize,
  accumulate: bool,
  scratch: usize,
): void {
  const depth = weight.columns;
  for (let j: usize = 0; j < columns; j += DOT_ROWS) {
    const some = min(DOT_ROWS, columns - j);
    for (let k: usize = 0; k < depth; k += DOT_RUN) {
      const count = min(DOT_RUN, depth - k);
      for (let i: usize = 0; i < some; i++) widen(weight, row + j + i, k, count, scratch + i * count * 4);
      dotBlock(
        count,
        x + k * 4,
        xStep,
        scratch,
        count * 4,
        c + j * 4,
        cStep,
        rows,
        some,
        accumulate || k > 0,
      );
    }
  }
}
