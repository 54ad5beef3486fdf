// C = act(A·B + bias) for a batch of float32 matrices anywhere in memory, or with a weight in few bits as B.

import { Activation, Format, PACK_COLUMNS, Product } from './layouts';
import { dotBlock } from './dot-kernel';
import { storePartOfTile, tile6x8 } from './micro-kernel';
import { packColumns, packRows } from './pack';
import { dotWeight, packTransposed, packUntransposed } from './pack-weight';
import { KC, MC, MR, NC, NR } from './tile';

/** Up to so many rows, packing B costs more than it saves: if its sums are contiguous, or its rows. */
const FEW_ROWS_DOT: usize = 12;
/** The same where B must be widened, too. */
const FEW_ROWS_DOT_WIDENED: usize = 16;
const FEW_ROWS_IN_PLACE: usize = 32;
/** Up to so many columns, A is read where it lies if 6 of its rows are contiguous and their lines close together. */
const FEW_COLUMNS_IN_PLACE: usize = 64;
const CLOSE: usize = 1024;
/** Scales, bias and activation on a block of C while it is in the cache. */
function finish(product: Product, c: usize, rows: usize, columns: usize, firstColumn: usize): void {
  const step = product.outs * 4;
  const activation = product.activation;
  const slope = product.slope;
  for (let i: usize = 0; i < rows; i++) {
    for (let j: usize = 0; j < columns; j++) {
      const at = c + i * step + j * 4;
      let value = load<f32>(at);
      if (product.sumScales) value *= load<f32>(product.sumScales + (firstColumn + j) * 4);
      if (product.bias) value += load<f32>(product.bias + (firstColumn + j) * 4);
      if (activation === Activation.relu) value = max<f32>(value, 0);
      else if (activation === Activation.relu6) value = min<f32>(max<f32>(value, 0), 6);
      else if (activation === Activation.leakyrelu && value < 0) value *= slope;
      store<f32>(at, value);
    }
  }
}

/** Where the panels of B at columns `jc` and depth `pc` lie when B was packed whole: block after block. */
@inline
function packedBlock(product: Product, jc: usize, pc: usize): usize {
  const width = min(NC, (product.outs - jc + NR - 1) & ~(NR - 1));
  return product.packed + (jc * product.depth + pc * width) * 4;
}

/** Packs columns [column, column + columns) of B at depth [pc, pc + kc). */
@inline
function packB(
  product: Product,
  b: usize,
  pc: usize,
  kc: usize,
  column: usize,
  columns: usize,
  to: usize,
  runs: usize,
): void {
  if (product.format === Format.float32) {
    const from = b + pc * product.bRowStep + column * product.bColumnStep;
    packColumns(from, product.bRowStep, product.bColumnStep, kc, columns, to);
  } else if (product.bRowStep === 4) packTransposed(product, column, columns, pc, kc, to, runs);
  else packUntransposed(product, pc, kc, column, columns, to, runs);
}

/** Where the widened runs are in the scratch of a product. */
const RUNS_AT: usize = (MC * KC + KC * NC + MR * NR) * 4;

/** Packs 64 columns of one block of B for all tasks of a product. */
export function packTask(job: usize, task: usize, scratch: usize): void {
  const product = changetype<Product>(job);
  const blocks = (product.depth + KC - 1) / KC;
  const pc = (task % blocks) * KC;
  const column = (task / blocks) * PACK_COLUMNS;
  const kc = min(KC, product.depth - pc);
  const jc = column - (column % NC);
  const columns = min(PACK_COLUMNS, product.outs - column);
  const to = packedBlock(product, jc, pc) + (column - jc) * kc * 4;
  packB(product, product.values, pc, kc, column, columns, to, scratch + RUNS_AT);
}

/** The block of C at rows [row, row + rows) and columns [column, column + columns) of one batch entry. */
function block(
  product: Product,
  entry: usize,
  row: usize,
  rows: usize,
  column: usize,
  columns: usize,
  scratch: usize,
): void {
  const depth = product.depth;
  const cStep = product.outs * 4;
  const a = product.a + entry * product.aBatchStep + row * product.aRowStep;
  const b = product.values + entry * product.bBatchStep;
  const c = product.c + entry * product.rows * cStep + row * cStep + column * 4;
  const plain = product.format === Format.float32;
  const finishing = product.sumScales !== 0 || product.bias !== 0 || product.activation !== 0;

  if (depth === 0) {
    for (let i: usize = 0; i < rows; i++) {
      for (let j: usize = 0; j < columns; j++) store<f32>(c + i * cStep + j * 4, 0);
    }
    if (finishing) finish(product, c, rows, columns, column);
    return;
  }

  const packed = product.packed;
  const few = plain ? FEW_ROWS_DOT : FEW_ROWS_DOT_WIDENED;
  if (!packed && rows <= few && product.aColumnStep === 4 && product.bRowStep === 4) {
    if (plain) {
      const from = b + column * product.bColumnStep;
      dotBlock(depth, a, product.aRowStep, from, product.bColumnStep, c, cStep, rows, columns, false);
    } else dotWeight(product, column, a, product.aRowStep, c, cStep, rows, columns, false, scratch);
    if (finishing) finish(product, c, rows, columns, column);
    return;
  }

  const packedA = scratch;
  const packedB = packedA + MC * KC * 4;
  const edge = packedB + KC * NC * 4;
  // With few rows B is read where it lies, if 8 of its columns are contiguous.
  const inPlace = plain && !packed && rows <= FEW_ROWS_IN_PLACE && product.bColumnStep === 4;
  const aInPlace =
    product.aRowStep === 4 && product.aColumnStep <= CLOSE && product.outs <= FEW_COLUMNS_IN_PLACE;

  for (let jc: usize = 0; jc < columns; jc += NC) {
    const nc = min(NC, columns - jc);
    const wholePanels = inPlace ? nc - (nc % NR) : 0;
    for (let pc: usize = 0; pc < depth; pc += KC) {
      const kc = min(KC, depth - pc);
      const bBlock = b + pc * product.bRowStep + (column + jc) * product.bColumnStep;
      const panels = packed ? packedBlock(product, jc, pc) : packedB;
      if (!packed && wholePanels < nc) {
        const first = column + jc + wholePanels;
        const to = packedB + wholePanels * kc * 4;
        packB(product, b, pc, kc, first, nc - wholePanels, to, scratch + RUNS_AT);
      }
      for (let ic: usize = 0; ic < rows; ic += MC) {
        const mc = min(MC, rows - ic);
        const aBlock = a + ic * product.aRowStep + pc * product.aColumnStep;
        const rowsInPlace = aInPlace ? mc - (mc % MR) : 0;
        if (rowsInPlace < mc) {
          packRows(
            aBlock + rowsInPlace * product.aRowStep,
            product.aRowStep,
            product.aColumnStep,
            mc - rowsInPlace,
            kc,
            packedA + rowsInPlace * kc * 4,
          );
        }
        for (let jr: usize = 0; jr < nc; jr += NR) {
          const there = jr < wholePanels;
          const panel = there ? bBlock + jr * 4 : panels + jr * kc * 4;
          const bStep = there ? product.bRowStep : NR * 4;
          for (let ir: usize = 0; ir < mc; ir += MR) {
            const aHere = ir < rowsInPlace;
            const aPanel = aHere ? aBlock + ir * 4 : packedA + ir * kc * 4;
            const aStep = aHere ? product.aColumnStep : MR * 4;
            const to = c + (ic + ir) * cStep + (jc + jr) * 4;
            const rowsHere = min(MR, mc - ir);
            const columnsHere = min(NR, nc - jr);
            if (rowsHere === MR && columnsHere === NR) {
              tile6x8(kc, aPanel, aStep, panel, bStep, to, cStep, pc > 0);
            } else {
              tile6x8(kc, aPanel, aStep, panel, bStep, edge, NR * 4, false);
              storePartOfTile(edge, to, cStep, rowsHere, columnsHere, pc > 0);
            }
          }
        }
        if (finishing && pc + kc === depth) {
          finish(product, c + ic * cStep + jc * 4, mc, nc, column + jc);
        }
      }
    }
  }
}

/** Start of part `index` of `parts` equal ones of `length`, on a multiple of `grain`. */
@inline
export function partStart(length: usize, parts: usize, index: usize, grain: usize): usize {
  const grains = (length + grain - 1) / grain;
  return min(length, ((grains * index) / parts) * grain);
}

/** Task `task` of a product: some batch entries × a part of the rows × a part of the columns. */
export function productTask(job: usize, task: usize, scratch: usize): void {
  const product = changetype<Product>(job);
  const columnPart = task % product.columnParts;
  task /= product.columnParts;
  const rowPart = task % product.rowParts;
  task /= product.rowParts;
  const row = partStart(product.rows, product.rowParts, rowPart, MR);
  const rowEnd = partStart(product.rows, product.rowParts, rowPart + 1, MR);
  const column = partStart(product.outs, product.columnParts, columnPart, NR);
  const columnEnd = partStart(product.outs, product.columnParts, columnPart + 1, NR);
  if (row >= rowEnd || column >= columnEnd) return;
  const end = min(product.batch, (task + 1) * product.batchPerTask);
  for (let entry = task * product.batchPerTask; entry < end; entry++) {
    block(product, entry, row, rowEnd - row, column, columnEnd - column, scratch);
  }
}
