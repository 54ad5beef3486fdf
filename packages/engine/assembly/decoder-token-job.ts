// What the tasks of a decoder token work on (src/kernels/decoder-token.ts has the shapes).

import { DecoderToken, LAYER_BYTES, LINEAR_DOWN, LINEAR_UP, Layer, Linear, Weight } from './layouts';
import { MR } from './tile';

@inline
export function downOf(weight: Linear): Weight {
  return changetype<Weight>(changetype<usize>(weight) + LINEAR_DOWN);
}

@inline
export function upOf(weight: Linear): Weight {
  return changetype<Weight>(changetype<usize>(weight) + LINEAR_UP);
}

/** Outputs of a wide product that are worked out at a time, to stay at hand. */
export const PART: usize = 8 * MR;

/** Branches on their way through the layers; states are [feature][lane]. Products write up to five rows beyond theirs. */
@unmanaged
export class Slot {
  x: usize;
  y: usize;
  q: usize;
  attended: usize;
  k: usize;
  v: usize;
  gate: usize;
  /** [lane][feature] of what products read, where branches are few. */
  rows: usize;
  /** The same, or the state, rounded. */
  narrow: usize;
  /** What products with float32 weights read, and the others. */
  exactInput: usize;
  narrowInput: usize;
  /** First branch, and how many. */
  start: usize;
  count: usize;
  /** Whether they are multiplied row by row. */
  few: bool;
}

/** What a task alone writes to. */
@unmanaged
export class Own {
  /** Between the halves of adapters. */
  inner: usize;
  innerOfUp: usize;
  /** [PART][lane] of what is worked out in parts. */
  part: usize;
  key: usize;
  value: usize;
  /** Of the heads that share a key: [repeats][hd] and [repeats][keys seen]. */
  queries: usize;
  results: usize;
  scores: usize;
}

const RECORD: usize = 64;

@inline
export function layerOf(job: DecoderToken, number: usize): Layer {
  return changetype<Layer>(job.layers + number * LAYER_BYTES);
}

/** One of the weights of a layer, which are at LAYER_Q and so on. */
@inline
export function weightOf(layer: Layer, where: usize): Linear {
  return changetype<Linear>(changetype<usize>(layer) + where);
}

@inline
export function slotOf(job: DecoderToken, index: usize): Slot {
  return changetype<Slot>(job.slots + index * job.slotBytes);
}

/** Lays a slot out. @returns its end. */
function layOut(
  slot: Slot,
  lanes: usize,
  few: usize,
  hidden: usize,
  intermediate: usize,
  queries: usize,
  keys: usize,
): usize {
  const step = lanes * 4;
  slot.x = changetype<usize>(slot) + RECORD;
  slot.y = slot.x + (hidden + MR) * step;
  slot.q = slot.y + (hidden + MR) * step;
  slot.attended = slot.q + (queries + MR) * step;
  slot.k = slot.attended + queries * step;
  slot.v = slot.k + (keys + MR) * step;
  slot.gate = slot.v + (keys + MR) * step;
  slot.rows = slot.gate + (intermediate + MR) * step;
  const widest = max(hidden, max(queries, intermediate));
  slot.narrow = slot.rows + few * widest * 4;
  return slot.narrow + widest * step;
}

/** Lays out the slot with branches from one on. */
export function openSlot(job: DecoderToken, index: usize): Slot {
  const slot = slotOf(job, index);
  const keys = job.keyValueHeads * job.hd;
  layOut(slot, job.lanes, job.few, job.hidden, job.intermediate, job.heads * job.hd, keys);
  slot.start = index * job.lanes;
  slot.count = min(job.lanes, job.rows - slot.start);
  slot.few = slot.count <= job.few;
  return slot;
}

/** Bytes of a slot. */
export function decoderTokenSlotBytes(
  lanes: usize,
  few: usize,
  hidden: usize,
  intermediate: usize,
  queries: usize,
  keys: usize,
): usize {
  const states = hidden * 2 + queries * 2 + keys * 2 + intermediate + MR * 6;
  const widest = max(hidden, max(queries, intermediate));
  return (RECORD + (states * lanes + widest * (few + lanes)) * 4 + 63) & ~63;
}

/** Lays out what a task alone writes to. */
export function ownOf(job: DecoderToken, task: usize): Own {
  const base = job.owns + task * job.ownBytes;
  const own = changetype<Own>(base);
  const step = job.lanes * 4;
  const heads = (job.heads / job.keyValueHeads) * job.hd * 4;
  own.inner = base + RECORD;
  own.innerOfUp = own.inner + (job.rank + MR) * step;
  own.part = own.innerOfUp + (job.rank + MR) * step;
  own.key = own.part + PART * step;
  own.value = own.key + job.hd * 4;
  own.queries = own.value + job.hd * 4;
  own.results = own.queries + heads;
  own.scores = own.results + heads;
  return own;
}

/** Bytes of it, where heads that share a key see at most so many. */
export function decoderTokenOwnBytes(
  lanes: usize,
  hd: usize,
  repeats: usize,
  seen: usize,
  rank: usize,
): usize {
  const states = (rank + MR) * 2 + PART;
  return (RECORD + (states * lanes + hd * 2 + repeats * (hd * 2 + seen)) * 4 + 63) & ~63;
}
