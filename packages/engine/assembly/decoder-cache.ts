// The keys and values of the branches' own tokens, which grow by one.

import { cacheBytes } from './attend-heads';
import { DecoderToken } from './layouts';

/** The short keys or values of a batch with one more token after them. */
export function grow(before: usize, batch: usize, length: usize, last: usize, bytes: usize, after: usize): usize {
  const to = after + batch * (length + 1) * bytes;
  memory.copy(to, before + batch * length * bytes, length * bytes);
  if (last) memory.copy(to + length * bytes, last, bytes);
  else memory.fill(to + length * bytes, 0, bytes);
  return to;
}

/**
 * Batches without a branch get zeros for their token: nobody reads them, but they are copied from step to
 * step.
 */
export function growIdle(job: DecoderToken): void {
  const bytes = cacheBytes(job.hd, job.halved !== 0);
  for (let layer: usize = 0; layer < job.layerCount; layer++) {
    for (let i: usize = 0; i < job.idleCount; i++) {
      const batch = layer * job.batches + usize(load<i32>(job.idle + i * 4));
      grow(job.shortKeys, batch, job.shortLength, 0, bytes, job.keys);
      grow(job.shortValues, batch, job.shortLength, 0, bytes, job.values);
    }
  }
}
