// The queries of a tile between memory, where they lie in rows, and the tile, where they lie across vectors.

import { Attention } from './layouts';
import { LANES, STEP, Slot } from './attention-job';
import { transpose4Rows } from './lanes';

/**
 * Sets where each lane's query is: of a run's queries for one key/value head, row by row and in a row head by head, the
 * first is the first-th. Lanes that are too many repeat the last one.
 */
export function setPlaces(job: Attention, slot: Slot, row: usize, head: usize, first: usize, last: usize): void {
  const repeats = job.heads / job.keyValueHeads;
  for (let lane: usize = 0; lane < LANES; lane++) {
    const query = min(first + lane, last);
    const place = (row + query / repeats) * job.heads + head * repeats + (query % repeats);
    store<u32>(slot.places + lane * 4, u32(place * job.hd * 4));
  }
}

@inline
function placeOf(slot: Slot, lane: usize): usize {
  return usize(load<u32>(slot.places + lane * 4));
}

/** [feature][lane] of the queries' numbers, times a factor. */
export function takeLanes(slot: Slot, hd: usize, from: usize, factor: f32, to: usize): void {
  const factors = f32x4.splat(factor);
  const whole = hd & ~3;
  for (let lane: usize = 0; lane < LANES; lane += 4) {
    const x0 = from + placeOf(slot, lane);
    const x1 = from + placeOf(slot, lane + 1);
    const x2 = from + placeOf(slot, lane + 2);
    const x3 = from + placeOf(slot, lane + 3);
    const column = to + lane * 4;
    for (let i: usize = 0; i < whole; i += 4) {
      const at = i * 4;
      transpose4Rows(
        f32x4.mul(v128.load(x0 + at), factors),
        f32x4.mul(v128.load(x1 + at), factors),
        f32x4.mul(v128.load(x2 + at), factors),
        f32x4.mul(v128.load(x3 + at), factors),
        column + i * STEP,
        STEP,
      );
    }
    for (let i = whole; i < hd; i++) {
      store<f32>(column + i * STEP, factor * load<f32>(x0 + i * 4));
      store<f32>(column + i * STEP, factor * load<f32>(x1 + i * 4), 4);
      store<f32>(column + i * STEP, factor * load<f32>(x2 + i * 4), 8);
      store<f32>(column + i * STEP, factor * load<f32>(x3 + i * 4), 12);
    }
  }
}

/** [lane][feature] of the same, zeros beyond the first `lanes`. */
export function takeRows(slot: Slot, hd: usize, lanes: usize, from: usize, factor: f32, to: usize): void {
  for (let lane: usize = 0; lane < LANES; lane++) {
    const x = from + placeOf(slot, lane);
    const y = to + lane * hd * 4;
    const own: f32 = lane < lanes ? factor : 0;
    const factors = f32x4.splat(own);
    const whole = hd & ~3;
    for (let i: usize = 0; i < whole * 4; i += 16) v128.store(y + i, f32x4.mul(v128.load(x + i), factors));
    for (let i = whole; i < hd; i++) store<f32>(y + i * 4, own * load<f32>(x + i * 4));
  }
}

/** Writes [feature][lane] back to the queries' places, each lane times its factor. Lanes that repeat one write the same. */
export function putLanes(slot: Slot, hd: usize, from: usize, factors: usize, to: usize): void {
  const whole = hd & ~3;
  for (let lane: usize = 0; lane < LANES; lane += 4) {
    const column = from + lane * 4;
    const scale = v128.load(factors + lane * 4);
    for (let i: usize = 0; i < whole; i += 4) {
      const x = column + i * STEP;
      const edge = slot.edge;
      transpose4Rows(
        f32x4.mul(v128.load(x), scale),
        f32x4.mul(v128.load(x + STEP), scale),
        f32x4.mul(v128.load(x + 2 * STEP), scale),
        f32x4.mul(v128.load(x + 3 * STEP), scale),
        edge,
        16,
      );
      for (let j: usize = 0; j < 4; j++) {
        v128.store(to + placeOf(slot, lane + j) + i * 4, v128.load(edge + j * 16));
      }
    }
    for (let i = whole; i < hd; i++) {
      for (let j: usize = 0; j < 4; j++) {
        const value = load<f32>(column + i * STEP + j * 4) * load<f32>(factors + (lane + j) * 4);
        store<f32>(to + placeOf(slot, lane + j) + i * 4, value);
      }
    }
  }
}

/** [key][lane] as [lane][key]. */
export function turn(slot: Slot, scores: usize, count: usize): void {
  const step = slot.turnedStep;
  // A margin of six keys is there.
  for (let key: usize = 0; key < count; key += 4) {
    const x = scores + key * STEP;
    for (let lane: usize = 0; lane < LANES; lane += 4) {
      const at = x + lane * 4;
      transpose4Rows(
        v128.load(at),
        v128.load(at + STEP),
        v128.load(at + 2 * STEP),
        v128.load(at + 3 * STEP),
        slot.turned + lane * step + key * 4,
        step,
      );
    }
  }
}
