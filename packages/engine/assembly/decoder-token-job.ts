// What the tasks of a decoder token work on (src/decoder-token-inputs.ts has the shapes).

import { MR } from './tile';
import { Weight } from './weight';

/** A weight, and what is added to its product: a bias, and Up·Down·x of an adapter. */
@unmanaged
export class Linear extends Weight {
  /** 0 for none. */
  bias: usize;
  /** Of the adapter; 0 for none. Two records of a weight come after it: Down [rank, in] and Up [out, rank]. */
  rank: usize;
}

const LINEAR_BYTES: usize = offsetof<Linear>() + 2 * offsetof<Weight>();

@inline
export function downOf(weight: Linear): Weight {
  return changetype<Weight>(changetype<usize>(weight) + offsetof<Linear>());
}

@inline
export function upOf(weight: Linear): Weight {
  return changetype<Weight>(changetype<usize>(weight) + offsetof<Linear>() + offsetof<Weight>());
}

/** Addresses of a layer's tensors; the records of its seven weights come after it. */
@unmanaged
export class Layer {
  inputNorm: usize;
  attentionNorm: usize;
  /** Of the queries and keys of every head; 0 for none. */
  qNorm: usize;
  kNorm: usize;
  prefixKeys: usize;
  prefixValues: usize;
}

export const Q: usize = 0;
export const K: usize = 1;
export const V: usize = 2;
export const O: usize = 3;
export const GATE: usize = 4;
export const UP: usize = 5;
export const DOWN: usize = 6;
const LAYER_BYTES: usize = offsetof<Layer>() + 7 * LINEAR_BYTES;

@unmanaged
export class DecoderToken {
  tokens: usize;
  cos: usize;
  sin: usize;
  norm: usize;
  prefixBias: usize;
  longKeys: usize;
  longValues: usize;
  shortKeys: usize;
  shortValues: usize;
  resultRows: usize;
  logits: usize;
  keys: usize;
  values: usize;
  /** Records of the embedding and of the head. */
  embedding: usize;
  head: usize;
  /** Records of the layers. */
  layers: usize;
  layerCount: usize;
  rows: usize;
  vocabulary: usize;
  hidden: usize;
  intermediate: usize;
  heads: usize;
  keyValueHeads: usize;
  hd: usize;
  /** Batches of the prompts, P·KV, and of their branches in a layer, P·KV·W. */
  prompts: usize;
  batches: usize;
  prefixLength: usize;
  longLength: usize;
  shortLength: usize;
  /** Numbers to the bias of the next batch and of the next key; 0 where all share one. */
  biasBatchStep: usize;
  biasKeyStep: usize;
  /** Whether keys and values are bfloat16. */
  halved: i32;
  /** Whether products with weights that are not float32 have their other operand rounded. */
  rounded: i32;
  /** int32 [idleCount] batches without a branch. */
  idle: usize;
  idleCount: usize;
  /** States of so many branches each, and what belongs to each task. */
  slots: usize;
  slotBytes: usize;
  owns: usize;
  ownBytes: usize;
  /** Branches of a slot, a multiple of eight. */
  lanes: usize;
  /** Up to so many branches are multiplied row by row: then packing a weight would take longer than the product. */
  few: usize;
  /** Most numbers between the two halves of an adapter. */
  rank: usize;
  /** Where tasks divide one step among them: which step, of which layer, and among how many. */
  step: usize;
  layer: usize;
  parts: usize;
  epsilon: f32;
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

@inline
export function weightOf(layer: Layer, which: usize): Linear {
  return changetype<Linear>(changetype<usize>(layer) + offsetof<Layer>() + which * LINEAR_BYTES);
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
