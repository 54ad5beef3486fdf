// The kernels that @cppo/engine adds to the wasm backend of TensorFlow.js. This module owns no memory: it
// imports the backend's and is given addresses in it, so operands are never copied. It has no data segment,
// no heap and no state; scratch is passed in. Each thread has an instance of its own on the same memory.

import { fillExponentialTable } from './exponential';
import { SCRATCH_BYTES } from './tile';

export { attentionSlotBytes } from './attention-job';
export { decoderTokenOwnBytes, decoderTokenSlotBytes } from './decoder-token-job';
export { run, serve } from './pool';
export { findOutside } from './copy';
export { multiplyAdds } from './peak';
export { segmentSum } from './segment-sum';

/** To be called once on the scratch of each thread, before it works. */
export function prepare(scratch: usize): void {
  fillExponentialTable(scratch);
}

/** Bytes of scratch that each thread needs. */
export function scratchBytes(): usize {
  return SCRATCH_BYTES;
}
