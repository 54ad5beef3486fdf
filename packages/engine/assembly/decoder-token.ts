// A token of some branches through a whole decoder. States are transposed, [feature][lane]: a vector is one
// feature of four branches, and products need no sums across a vector. Either a task takes its branches
// through all layers, so nothing waits in between; or, where weights are so large that each thread should
// read a part of them, tasks divide each step among them.

import { growIdle } from './decoder-cache';
import { takeStep } from './decoder-steps';
import { openSlot, ownOf, slotOf } from './decoder-token-job';
import { DecoderToken, Step } from './layouts';

/** Some branches through everything; the last task has those places that hold none. */
export function decoderTokenTask(pointer: usize, task: usize, table: usize): void {
  const job = changetype<DecoderToken>(pointer);
  if (task * job.lanes >= job.rows) return growIdle(job);
  const slot = openSlot(job, task);
  const own = ownOf(job, task);
  takeStep(job, slot, own, Step.embed, 0, 0, 1, table);
  for (let layer: usize = 0; layer < job.layerCount; layer++) {
    for (let what: i32 = Step.enter; what <= Step.leave; what++) takeStep(job, slot, own, what, layer, 0, 1, table);
  }
  takeStep(job, slot, own, Step.end, 0, 0, 1, table);
  takeStep(job, slot, own, Step.logits, 0, 0, 1, table);
}

/** A part of one step for all branches, which are one slot's. */
export function decoderStepTask(pointer: usize, task: usize, table: usize): void {
  const job = changetype<DecoderToken>(pointer);
  const slot = i32(job.step) === Step.embed ? openSlot(job, 0) : slotOf(job, 0);
  takeStep(job, slot, ownOf(job, task), i32(job.step), job.layer, task, job.parts, table);
}
