import { adamLayout } from './adam.js';
import { attentionLayout } from './attention.js';
import { copyLayout, permutationLayout } from './data-movement.js';
import { decoderTokenLayout } from './decoder-token.js';
import { binaryLayout, unaryLayout } from './elementwise.js';
import { narrowingLayout, weightRowsLayout } from './packed-weight.js';
import { productLayout } from './product.js';
import { rowsLayout } from './rows.js';

/** What the wasm kernels can be asked to do, in the order of the numbers, and the record that tells them how. */
export const jobs = {
  product: productLayout,
  copy: copyLayout,
  gather: copyLayout,
  binary: binaryLayout,
  unary: unaryLayout,
  reduceRows: rowsLayout,
  sumColumns: rowsLayout,
  softmax: rowsLayout,
  softmaxGradient: rowsLayout,
  rmsNorm: rowsLayout,
  rmsNormGradient: rowsLayout,
  swiGlu: rowsLayout,
  swiGluGradient: rowsLayout,
  rotary: rowsLayout,
  adam: adamLayout,
  pack: productLayout,
  permute: permutationLayout,
  attention: attentionLayout,
  attentionGradient: attentionLayout,
  attentionPrefix: attentionLayout,
  decoderToken: decoderTokenLayout,
  narrow: narrowingLayout,
  weightRows: weightRowsLayout,
  operand: rowsLayout,
  decoderStep: decoderTokenLayout,
};

export type JobKind = keyof typeof jobs;

export const jobKinds = Object.keys(jobs) as readonly JobKind[];
