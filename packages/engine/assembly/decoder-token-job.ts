// What the tasks of a decoder token work on (src/decoder-token-inputs.ts has the shapes).

import { MR } from './tile';

/** Addresses of a layer's tensors, in the operands' order. */
@unmanaged
export class Layer {
  inputNorm: usize;
  q: usize;
  qBias: usize;
  k: usize;
  kBias: usize;
  v: usize;
  vBias: usize;
  o: usize;
  attentionNorm: usize;
  gate: usize;
  up: usize;
  down: usize;
  prefixKeys: usize;
  prefixValues: usize;
}

@unmanaged
export class DecoderToken {
  tokens: usize;
  embedding: usize;
  cos: usize;
  sin: usize;
  norm: usize;
  head: usize;
  prefixBias: usize;
  longKeys: usize;
  longValues: usize;
  shortKeys: usize;
  shortValues: usize;
  resultRows: usize;
  logits: usize;
  keys: usize;
  values: usize;
  /** [layerCount] of `Layer`. */
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
  /** int32 [idleCount] batches without a branch. */
  idle: usize;
  idleCount: usize;
  slots: usize;
  slotBytes: usize;
  /** Branches of a task, a multiple of eight. */
  lanes: usize;
  epsilon: f32;
}

/** Fewer branches than this are multiplied row by row: then packing a weight would take longer than the product. */
export const FEW: usize = 8;
/** Outputs of a wide product that are worked out at a time, to stay at hand. */
export const PART: usize = 8 * MR;

/** The memory of a task; states are [feature][lane]. Products write up to five rows beyond theirs. */
@unmanaged
export class Slot {
  x: usize;
  y: usize;
  q: usize;
  attended: usize;
  k: usize;
  v: usize;
  gate: usize;
  /** [PART][lane] of what is worked out in parts. */
  part: usize;
  /** A panel of a weight. */
  packed: usize;
  query: usize;
  key: usize;
  value: usize;
  result: usize;
  scores: usize;
  /** [lane][feature] of what a product reads and gives, where branches are few. */
  rows: usize;
  results: usize;
  /** Branches of the task. */
  count: usize;
}

const RECORD: usize = 96;

export function slotOf(job: DecoderToken, task: usize): Slot {
  const base = job.slots + task * job.slotBytes;
  const slot = changetype<Slot>(base);
  const step = job.lanes * 4;
  const queries = job.heads * job.hd;
  const keys = job.keyValueHeads * job.hd;
  slot.x = base + RECORD;
  slot.y = slot.x + (job.hidden + MR) * step;
  slot.q = slot.y + (job.hidden + MR) * step;
  slot.attended = slot.q + (queries + MR) * step;
  slot.k = slot.attended + queries * step;
  slot.v = slot.k + (keys + MR) * step;
  slot.gate = slot.v + (keys + MR) * step;
  slot.part = slot.gate + (job.intermediate + MR) * step;
  slot.packed = slot.part + PART * step;
  const widest = max(job.hidden, max(queries, job.intermediate));
  slot.rows = slot.packed + MR * widest * 4;
  slot.results = slot.rows + FEW * widest * 4;
  slot.query = slot.results + FEW * max(widest, PART) * 4;
  slot.key = slot.query + job.hd * 4;
  slot.value = slot.key + job.hd * 4;
  slot.result = slot.value + job.hd * 4;
  slot.scores = slot.result + job.hd * 4;
  return slot;
}

/** Bytes of a slot for so many lanes, whose queries see at most so many keys. */
export function decoderTokenSlotBytes(
  lanes: usize,
  hidden: usize,
  intermediate: usize,
  queries: usize,
  keys: usize,
  hd: usize,
  seen: usize,
): usize {
  const states = hidden * 2 + queries * 2 + keys * 2 + intermediate + MR * 6 + PART;
  const widest = max(hidden, max(queries, intermediate));
  const rows = widest * (MR + FEW) + max(widest, PART) * FEW;
  return (RECORD + (states * lanes + rows + hd * 4 + seen) * 4 + 63) & ~63;
}
