// What the tasks of attention work on: the job, the memory of each task, and the keys that it has at hand.

import { ATTENTION_LANES, Attention } from './layouts';
import { packRows } from './pack';
import { MR, NR } from './tile';

/** Queries of a tile, and the bytes from one feature's, or key's, numbers to the next one's. */
export const LANES: usize = ATTENTION_LANES;
export const STEP: usize = LANES * 4;

/** Rows of the keys and the values, packed for `tile6x8`: panels of six rows, and in a panel feature after feature. */
@unmanaged
class Keys {
  start: usize;
  length: usize;
  head: usize;
  keys: usize;
  values: usize;
}

/** The memory of a task; addresses in it. */
@unmanaged
export class Slot {
  /** Keys of the prefix, of what comes before a run, and of the run. */
  prefix: Keys;
  before: Keys;
  own: Keys;
  /** [LANES] where the query of each lane is in q, dy and the result, bytes. */
  places: usize;
  /** A register tile, for what is only in part inside a matrix. */
  edge: usize;
  /** [LANES] inverses of the exponentials' sums. */
  inverse: usize;
  /** [feature][lane] */
  q: usize;
  dy: usize;
  mixed: usize;
  /** [lane][feature] */
  rows: usize;
  dyRows: usize;
  /** [key][lane] */
  scores: usize;
  slopes: usize;
  /** [lane][key], rows `turnedStep` bytes apart. */
  turned: usize;
  turnedStep: usize;
}

/** Bytes of a slot's records, and of its small arrays. */
const RECORDS: usize = 256;
const SMALL: usize = 2 * STEP + MR * NR * 4;

/** Bytes of scores with a margin for what tiles write beyond. */
function scoreBytes(job: Attention): usize {
  return (job.most + MR) * STEP;
}

/** No multiple of 4096, so that the rows of a column of tiles do not meet in one place of the first cache. */
function turnedStep(job: Attention): usize {
  return (((job.most + MR) * 4 + 63) & ~63) | 64;
}

function packedBytes(job: Attention, rows: usize): usize {
  return ((rows + MR - 1) / MR) * MR * job.hd * 4;
}

/** Bytes that a task needs. */
export function attentionSlotBytes(hd: usize, most: usize, prefix: usize): usize {
  const scores = (most + MR) * STEP;
  const turned = ((((most + MR) * 4 + 63) & ~63) | 64) * LANES;
  // Keys and values of the prefix, and of two runs.
  const packed = (prefix + most + most + 3 * MR) * hd * 8;
  return (RECORDS + SMALL + 5 * (hd + MR) * STEP + 2 * scores + turned + packed + 63) & ~63;
}

export function slotOf(job: Attention, task: usize): Slot {
  const base = job.slots + task * job.slotBytes;
  const slot = changetype<Slot>(base);
  slot.prefix = changetype<Keys>(base + 96);
  slot.before = changetype<Keys>(base + 128);
  slot.own = changetype<Keys>(base + 160);
  const states = (job.hd + MR) * STEP;
  slot.places = base + RECORDS;
  slot.inverse = slot.places + STEP;
  slot.edge = slot.inverse + STEP;
  slot.q = slot.edge + MR * NR * 4;
  slot.dy = slot.q + states;
  slot.mixed = slot.dy + states;
  slot.rows = slot.mixed + states;
  slot.dyRows = slot.rows + states;
  slot.scores = slot.dyRows + states;
  slot.slopes = slot.scores + scoreBytes(job);
  slot.turned = slot.slopes + scoreBytes(job);
  slot.turnedStep = turnedStep(job);
  let free = slot.turned + LANES * slot.turnedStep;
  free = room(slot.prefix, packedBytes(job, job.prefix), free);
  free = room(slot.before, packedBytes(job, job.most), free);
  room(slot.own, packedBytes(job, job.most), free);
  return slot;
}

/** No rows yet, in so many bytes for keys and for values. */
function room(keys: Keys, bytes: usize, at: usize): usize {
  keys.length = 0;
  keys.keys = at;
  keys.values = at + bytes;
  return at + 2 * bytes;
}

@inline
function holds(keys: Keys, start: usize, length: usize, head: usize): bool {
  return keys.start === start && keys.length === length && keys.head === head;
}

function fetch(job: Attention, keys: Keys, start: usize, length: usize, head: usize): void {
  if (holds(keys, start, length, head)) return;
  keys.start = start;
  keys.length = length;
  keys.head = head;
  const step = job.keyValueHeads * job.hd * 4;
  const at = start * step + head * job.hd * 4;
  packRows(job.k + at, step, 4, length, job.hd, keys.keys);
  if (job.dy) packRows(job.v + at, step, 4, length, job.hd, keys.values);
}

/** Has the keys of a run at hand, and with a gradient its values. */
export function fetchKeys(job: Attention, slot: Slot, run: usize, head: usize): void {
  const runs = job.runs + run * 16;
  const start = usize(load<i32>(runs));
  const from = usize(load<i32>(runs, 8));
  const before = usize(load<i32>(runs, 12)) - from;
  // Continuations follow their sequence, whose own keys come before theirs.
  if (before > 0 && holds(slot.own, from, before, head)) {
    const own = slot.own;
    slot.own = slot.before;
    slot.before = own;
  }
  fetch(job, slot.prefix, 0, start < job.prefix ? 0 : job.prefix, head);
  fetch(job, slot.before, from, before, head);
  fetch(job, slot.own, start, usize(load<i32>(runs, 4)) - start, head);
}
