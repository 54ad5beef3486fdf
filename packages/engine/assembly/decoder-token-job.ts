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

/**
 * Branches on their way through the layers; states are [feature][lane]. Products write up to five rows
 * beyond theirs.
 */
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

/**
 * Where the arrays of a slot at `base` begin, which goes into `slot` if there is one. @returns the slot's
 * end.
 */
function layOutSlot(
  base: usize,
  slot: Slot | null,
  lanes: usize,
  few: usize,
  hidden: usize,
  intermediate: usize,
  queries: usize,
  keys: usize,
): usize {
  const step = lanes * 4;
  const widest = max(hidden, max(queries, intermediate));
  const x = base + RECORD;
  const y = x + (hidden + MR) * step;
  const q = y + (hidden + MR) * step;
  const attended = q + (queries + MR) * step;
  const k = attended + queries * step;
  const v = k + (keys + MR) * step;
  const gate = v + (keys + MR) * step;
  const rows = gate + (intermediate + MR) * step;
  const narrow = rows + few * widest * 4;
  if (slot) {
    slot.x = x;
    slot.y = y;
    slot.q = q;
    slot.attended = attended;
    slot.k = k;
    slot.v = v;
    slot.gate = gate;
    slot.rows = rows;
    slot.narrow = narrow;
  }
  return narrow + widest * step;
}

/** Lays out the slot with branches from one on. */
export function openSlot(job: DecoderToken, index: usize): Slot {
  const slot = slotOf(job, index);
  const keys = job.keyValueHeads * job.hd;
  const base = changetype<usize>(slot);
  const queries = job.heads * job.hd;
  layOutSlot(base, slot, job.lanes, job.few, job.hidden, job.intermediate, queries, keys);
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
  return roundUp(layOutSlot(0, null, lanes, few, hidden, intermediate, queries, keys));
}

/**
 * Where the arrays of what a task alone writes to begin, which goes into `own` if there is one. @returns
 * its end.
 */
function layOutOwn(
  base: usize,
  own: Own | null,
  lanes: usize,
  hd: usize,
  repeats: usize,
  seen: usize,
  rank: usize,
): usize {
  const step = lanes * 4;
  const heads = repeats * hd * 4;
  const inner = base + RECORD;
  const innerOfUp = inner + (rank + MR) * step;
  const part = innerOfUp + (rank + MR) * step;
  const key = part + PART * step;
  const value = key + hd * 4;
  const queries = value + hd * 4;
  const results = queries + heads;
  const scores = results + heads;
  if (own) {
    own.inner = inner;
    own.innerOfUp = innerOfUp;
    own.part = part;
    own.key = key;
    own.value = value;
    own.queries = queries;
    own.results = results;
    own.scores = scores;
  }
  return scores + repeats * seen * 4;
}

/** Lays out what a task alone writes to. */
export function ownOf(job: DecoderToken, task: usize): Own {
  const base = job.owns + task * job.ownBytes;
  const own = changetype<Own>(base);
  const repeats = job.heads / job.keyValueHeads;
  const seen = job.prefixLength + job.longLength + job.shortLength + 1;
  layOutOwn(base, own, job.lanes, job.hd, repeats, seen, job.rank);
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
  return roundUp(layOutOwn(0, null, lanes, hd, repeats, seen, rank));
}

/** To whole lines of the cache. */
@inline
function roundUp(bytes: usize): usize {
  return (bytes + 63) & ~63;
}
