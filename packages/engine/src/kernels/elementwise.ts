import { layout, size, sizes, whole } from './layout.js';

/** Operations on two operands, in the order of their numbers; `repeat` gives the first as it is. */
export const binaryOperations = ['add', 'subtract', 'multiply', 'divide', 'repeat'] as const;
/** Operations on one, likewise. */
export const unaryOperations = ['exponential', 'sigmoid', 'square', 'negative', 'squareRoot'] as const;

export const binaryLayout = layout('Binary', {
  ...sizes('a', 'b', 'out'),
  operation: whole(),
  ...sizes('middle', 'inner'),
  ...sizes('aOuterStep', 'aMiddleStep', 'aInnerStep', 'bOuterStep', 'bMiddleStep', 'bInnerStep'),
  rows: size('Rows, outer × middle.'),
  rowsPerTask: size(),
  lastInner: size('Length of the last row: shorter than `inner` where a long vector was cut into rows.'),
});

export const unaryLayout = layout('Unary', {
  ...sizes('a', 'out'),
  operation: whole(),
  ...sizes('size', 'sizePerTask'),
});
