// The kernels that @cppo/engine adds to the wasm backend of TensorFlow.js. This module owns no memory: it
// imports the backend's and is given addresses in it, so operands are never copied. It has no data segment,
// no heap and no state; scratch is passed in.

import { productTask } from './gemm';
import { SCRATCH_BYTES } from './tile';

export { segmentSum } from './segment-sum';

/** Bytes of scratch that `product` needs. */
export function scratchBytes(): usize {
  return SCRATCH_BYTES;
}

/** Runs all tasks of a product (the layout of `Product` in gemm.ts) on this thread. */
export function product(job: usize, tasks: usize, scratch: usize): void {
  for (let task: usize = 0; task < tasks; task++) productTask(job, task, scratch);
}
