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

/** Bytes of a slot's records. */
const RECORDS: usize = 256;

/** No multiple of 4096, so that the rows of a column of tiles do not meet in one place of the first cache. */
function turnedStepOf(most: usize): usize {
  return (((most + MR) * 4 + 63) & ~63) | 64;
}

function packedBytes(rows: usize, hd: usize): usize {
  return ((rows + MR - 1) / MR) * MR * hd * 4;
}

/** Where the arrays of a slot at `base` begin, which goes into `slot` if there is one. @returns the slot's end. */
function layOut(base: usize, slot: Slot | null, hd: usize, most: usize, prefix: usize): usize {
  const states = (hd + MR) * STEP;
  // With a margin for what tiles write beyond.
  const scoreBytes = (most + MR) * STEP;
  const turnedStep = turnedStepOf(most);
  const places = base + RECORDS;
  const inverse = places + STEP;
  const edge = inverse + STEP;
  const q = edge + MR * NR * 4;
  const dy = q + states;
  const mixed = dy + states;
  const rows = mixed + states;
  const dyRows = rows + states;
  const scores = dyRows + states;
  const slopes = scores + scoreBytes;
  const turned = slopes + scoreBytes;
  const ofPrefix = packedBytes(prefix, hd);
  const ofRun = packedBytes(most, hd);
  const keysOfPrefix = turned + LANES * turnedStep;
  const keysBefore = keysOfPrefix + 2 * ofPrefix;
  const ownKeys = keysBefore + 2 * ofRun;
  if (slot) {
    slot.prefix = noKeys(base + 96, ofPrefix, keysOfPrefix);
    slot.before = noKeys(base + 128, ofRun, keysBefore);
    slot.own = noKeys(base + 160, ofRun, ownKeys);
    slot.places = places;
    slot.inverse = inverse;
    slot.edge = edge;
    slot.q = q;
    slot.dy = dy;
    slot.mixed = mixed;
    slot.rows = rows;
    slot.dyRows = dyRows;
    slot.scores = scores;
    slot.slopes = slopes;
    slot.turned = turned;
    slot.turnedStep = turnedStep;
  }
  return ownKeys + 2 * ofRun;
}

/** Bytes that a task needs. */
export function attentionSlotBytes(hd: usize, most: usize, prefix: usize): usize {
  return (layOut(0, null, hd, most, prefix) + 63) & ~63;
}

export function slotOf(job: Attention, task: usize): Slot {
  const base = job.slots + task * job.slotBytes;
  const slot = changetype<Slot>(base);
  layOut(base, slot, job.hd, job.most, job.prefix);
  return slot;
}

/** A record of no rows yet, with room for so many bytes of keys and as many of values. */
function noKeys(record: usize, bytes: usize, at: usize): Keys {
  const keys = changetype<Keys>(record);
  keys.length = 0;
  keys.keys = at;
  keys.values = at + bytes;
  return keys;
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
