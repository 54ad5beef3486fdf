// The kernels that @cppo/engine adds to the wasm backend of TensorFlow.js. This module owns no memory: it
// imports the backend's and is given addresses in it, so operands are never copied. It has no data segment,
// no heap and no state; scratch is passed in. Each thread has an instance of its own on the same memory.

import { SCRATCH_BYTES } from './tile';

export { run, serve } from './pool';
export { findOutside } from './copy';
export { segmentSum } from './segment-sum';

/** Bytes of scratch that each thread needs. */
export function scratchBytes(): usize {
  return SCRATCH_BYTES;
}
