import { layout, real, size, sizes, whole } from './layout.js';
import { weightLayout } from './packed-weight.js';

/** What a product does to its sums last, in the order of the numbers. */
export const activations = ['linear', 'relu', 'relu6', 'leakyrelu'] as const;

/** Depth and columns of B that a task packs for all. */
export const packDepth = 512;
export const packColumns = 64;

export const productLayout = layout(
  'Product',
  {
    ...sizes('a', 'c'),
    rows: size('Rows of C.'),
    outs: size('Columns of C; its rows are contiguous.'),
    depth: size('Length of the sums.'),
    ...sizes('aRowStep', 'aColumnStep', 'bRowStep', 'bColumnStep'),
    aBatchStep: size('Between matrices of the batch; 0 repeats one.'),
    ...sizes('bBatchStep', 'batch'),
    sumScales: size('[columns] that sums are multiplied by; 0 for none.'),
    bias: size('[columns] added to every row; 0 for none.'),
    activation: whole(),
    batchPerTask: size(
      'How the work is cut into tasks: batch entries per task, parts of rows, parts of columns.',
    ),
    ...sizes('rowParts', 'columnParts'),
    packed: size('B packed whole by `packTask`, for all tasks to read; 0 where each packs what it needs.'),
    slope: real('Slope of leaky ReLU.'),
  },
  {
    about:
      'A product. All steps are in bytes. It begins with B: of a weight that is not float32, bRowStep 4 says ' +
      'that B is its transpose.',
    base: weightLayout,
  },
);
