// C = act(A·B + bias) for a batch of float32 matrices anywhere in memory.

import { dotBlock } from './dot-kernel';
import { storePartOfTile, tile6x8 } from './micro-kernel';
import { packColumns, packRows } from './pack';
import { KC, MC, MR, NC, NR } from './tile';

/** A product, described in memory so that several threads can read it. All steps are in bytes. */
@unmanaged
export class Product {
  a: usize;
  b: usize;
  c: usize;
  /** Rows of C. */
  rows: usize;
  /** Columns of C; its rows are contiguous. */
  columns: usize;
  /** Length of the sums. */
  depth: usize;
  aRowStep: usize;
  aColumnStep: usize;
  bRowStep: usize;
  bColumnStep: usize;
  /** Between matrices of the batch; 0 repeats one. */
  aBatchStep: usize;
  bBatchStep: usize;
  batch: usize;
  /** [columns] added to every row; 0 for none. */
  bias: usize;
  activation: i32;
  /** How the work is cut into tasks: batch entries per task, parts of rows, parts of columns. */
  batchPerTask: usize;
  rowParts: usize;
  columnParts: usize;
  /** B packed whole by `packTask`, for all tasks to read; 0 where each packs what it needs. */
  packed: usize;
  /** Slope of leaky ReLU. */
  slope: f32;
}

/** Up to so many rows, packing B costs more than it saves: if its sums are contiguous, or its rows. */
const FEW_ROWS_DOT: usize = 12;
const FEW_ROWS_IN_PLACE: usize = 32;
/** Up to so many columns, A is read where it lies if 6 of its rows are contiguous and their lines close together. */
const FEW_COLUMNS_IN_PLACE: usize = 64;
const CLOSE: usize = 1024;
/** Columns of B that one task packs for all; divides NC. */
const PACK_COLUMNS: usize = 64;

const RELU: i32 = 1;
const RELU6: i32 = 2;
const LEAKY_RELU: i32 = 3;

/** Bias and activation on a block of C while it is in the cache. */
function finish(product: Product, c: usize, rows: usize, columns: usize, firstColumn: usize): void {
  const step = product.columns * 4;
  const activation = product.activation;
  const slope = product.slope;
  for (let i: usize = 0; i < rows; i++) {
    for (let j: usize = 0; j < columns; j++) {
      const at = c + i * step + j * 4;
      let value = load<f32>(at);
      if (product.bias) value += load<f32>(product.bias + (firstColumn + j) * 4);
      if (activation === RELU) value = max<f32>(value, 0);
      else if (activation === RELU6) value = min<f32>(max<f32>(value, 0), 6);
      else if (activation === LEAKY_RELU && value < 0) value *= slope;
      store<f32>(at, value);
    }
  }
}

/** Where the panels of B at columns `jc` and depth `pc` lie when B was packed whole: block after block. */
@inline
function packedBlock(product: Product, jc: usize, pc: usize): usize {
  const width = min(NC, (product.columns - jc + NR - 1) & ~(NR - 1));
  return product.packed + (jc * product.depth + pc * width) * 4;
}

/** Packs 64 columns of one block of B for all tasks of a product. */
export function packTask(job: usize, task: usize): void {
  const product = changetype<Product>(job);
  const blocks = (product.depth + KC - 1) / KC;
  const pc = (task % blocks) * KC;
  const column = (task / blocks) * PACK_COLUMNS;
  const kc = min(KC, product.depth - pc);
  const jc = column - (column % NC);
  packColumns(
    product.b + pc * product.bRowStep + column * product.bColumnStep,
    product.bRowStep,
    product.bColumnStep,
    kc,
    min(PACK_COLUMNS, product.columns - column),
    packedBlock(product, jc, pc) + (column - jc) * kc * 4,
  );
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
  const cStep = product.columns * 4;
  const a = product.a + entry * product.aBatchStep + row * product.aRowStep;
  const b = product.b + entry * product.bBatchStep + column * product.bColumnStep;
  const c = product.c + entry * product.rows * cStep + row * cStep + column * 4;
  const finishing = product.bias !== 0 || product.activation !== 0;

  if (depth === 0) {
    for (let i: usize = 0; i < rows; i++) {
      for (let j: usize = 0; j < columns; j++) store<f32>(c + i * cStep + j * 4, 0);
    }
    if (finishing) finish(product, c, rows, columns, column);
    return;
  }

  const packed = product.packed;
  if (!packed && rows <= FEW_ROWS_DOT && product.aColumnStep === 4 && product.bRowStep === 4) {
    dotBlock(depth, a, product.aRowStep, b, product.bColumnStep, c, cStep, rows, columns);
    if (finishing) finish(product, c, rows, columns, column);
    return;
  }

  const packedA = scratch;
  const packedB = packedA + MC * KC * 4;
  const edge = packedB + KC * NC * 4;
  // With few rows B is read where it lies, if 8 of its columns are contiguous.
  const inPlace = !packed && rows <= FEW_ROWS_IN_PLACE && product.bColumnStep === 4;
  const aInPlace =
    product.aRowStep === 4 && product.aColumnStep <= CLOSE && product.columns <= FEW_COLUMNS_IN_PLACE;

  for (let jc: usize = 0; jc < columns; jc += NC) {
    const nc = min(NC, columns - jc);
    const wholePanels = inPlace ? nc - (nc % NR) : 0;
    for (let pc: usize = 0; pc < depth; pc += KC) {
      const kc = min(KC, depth - pc);
      const bBlock = b + pc * product.bRowStep + jc * product.bColumnStep;
      const panels = packed ? packedBlock(product, jc, pc) : packedB;
      if (!packed && wholePanels < nc) {
        packColumns(
          bBlock + wholePanels * 4 * usize(inPlace),
          product.bRowStep,
          product.bColumnStep,
          kc,
          nc - wholePanels,
          packedB + wholePanels * kc * 4,
        );
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
function partStart(length: usize, parts: usize, index: usize, grain: usize): usize {
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
  const column = partStart(product.columns, product.columnParts, columnPart, NR);
  const columnEnd = partStart(product.columns, product.columnParts, columnPart + 1, NR);
  if (row >= rowEnd || column >= columnEnd) return;
  const end = min(product.batch, (task + 1) * product.batchPerTask);
  for (let entry = task * product.batchPerTask; entry < end; entry++) {
    block(product, entry, row, rowEnd - row, column, columnEnd - column, scratch);
  }
}
