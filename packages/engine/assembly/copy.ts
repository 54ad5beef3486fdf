// Moving numbers of four bytes: the strided copies behind split, slice and concatenate, gather, and transposition
// of all but the last axis.

import { Copy, Permutation } from './layouts';

@inline
function copyRun(from: usize, to: usize, width: usize): void {
  let j: usize = 0;
  for (; j + 4 <= width; j += 4) v128.store(to + j * 4, v128.load(from + j * 4));
  for (; j < width; j++) store<u32>(to + j * 4, load<u32>(from + j * 4));
}

export function copyTask(job: usize, task: usize): void {
  const copy = changetype<Copy>(job);
  const end = min(copy.runs, (task + 1) * copy.runsPerTask);
  for (let run = task * copy.runsPerTask; run < end; run++) {
    copyRun(copy.from + run * copy.fromStep, copy.to + run * copy.toStep, copy.width);
  }
}

/** out[o, i] = x[o, indices[i]], whole runs. */
export function gatherTask(job: usize, task: usize): void {
  const copy = changetype<Copy>(job);
  const count = copy.indicesCount;
  const bytes = copy.width * 4;
  const end = min(copy.runs, (task + 1) * copy.runsPerTask);
  for (let run = task * copy.runsPerTask; run < end; run++) {
    const outer = run / count;
    const index = usize(load<u32>(copy.indices + (run % count) * 4));
    copyRun(copy.from + (outer * copy.fromRuns + index) * bytes, copy.to + run * bytes, copy.width);
  }
}

export function permuteTask(job: usize, task: usize): void {
  const permutation = changetype<Permutation>(job);
  const width = permutation.width;
  const middle = permutation.middle;
  const inner = permutation.inner;
  const innerStep = permutation.innerStep;
  let run = task * permutation.runsPerTask;
  const end = min(permutation.runs, run + permutation.runsPerTask);
  let i = run % inner;
  let row = run / inner;
  let to = permutation.to + run * width * 4;
  while (run < end) {
    const from =
      permutation.from + (row / middle) * permutation.outerStep + (row % middle) * permutation.middleStep;
    const stop = min(inner, i + (end - run));
    run += stop - i;
    for (; i < stop; i++) {
      copyRun(from + i * innerStep, to, width);
      to += width * 4;
    }
    i = 0;
    row++;
  }
}

/** The first index outside [0, limit), or −1. */
export function findOutside(indices: usize, count: usize, limit: u32): i32 {
  for (let i: usize = 0; i < count; i++) {
    if (load<u32>(indices + i * 4) >= limit) return i32(i);
  }
  return -1;
}
