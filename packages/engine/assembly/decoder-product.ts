// A product of a token's states with a weight: row by row of the weight where branches are few, since
// packing it would take longer than the product; else in tiles of six rows. What is added to it, an adapter
// and a bias, comes along.

import { PART, Slot, downOf, upOf } from './decoder-token-job';
import { dotBlock } from './dot-kernel';
import { Format, Linear, Weight } from './layouts';
import { tile6x8 } from './micro-kernel';
import { DOT_BYTES, dotWeight, packWeightPanel } from './pack-weight';
import { packRows } from './pack';
import { KC, MR } from './tile';

/** Where widened runs are in the scratch, behind a packed panel. */
const RUNS_AT: usize = MR * KC * 4;

/**
 * Rows [first, last) of W times x [lane][in] go to c [lane][row], `cStep` bytes apart, or are added there.
 */
function multiplyRows(
  weight: Weight,
  first: usize,
  last: usize,
  x: usize,
  c: usize,
  cStep: usize,
  count: usize,
  accumulate: bool,
  scratch: usize,
): void {
  const xStep = weight.columns * 4;
  const rows = last - first;
  if (weight.format === Format.float32) {
    dotBlock(
      weight.columns,
      x,
      xStep,
      weight.values + first * xStep,
      xStep,
      c,
      cStep,
      count,
      rows,
      accumulate,
    );
  } else dotWeight(weight, first, x, xStep, c, cStep, count, rows, accumulate, scratch);
}

/** Rows [first, last) of W times x [in][lane] go to y [row][lane], or are added there. */
function multiplyLanes(
  weight: Weight,
  first: usize,
  last: usize,
  x: usize,
  y: usize,
  step: usize,
  accumulate: bool,
  scratch: usize,
): void {
  const ins = weight.columns;
  for (let row = first; row < last; row += MR) {
    const rows = min(MR, last - row);
    for (let k: usize = 0; k < ins; k += KC) {
      const depth = min(KC, ins - k);
      if (weight.format === Format.float32) {
        packRows(weight.values + (row * ins + k) * 4, ins * 4, 4, rows, depth, scratch);
      } else packWeightPanel(weight, row, rows, k, depth, scratch, scratch + RUNS_AT);
      for (let lane: usize = 0; lane < step; lane += 32) {
        const to = y + (row - first) * step + lane;
        tile6x8(depth, scratch, MR * 4, x + k * step + lane, step, to, step, accumulate || k > 0);
      }
    }
  }
}

function scaleRows(results: usize, scales: usize, lanes: usize, rows: usize): void {
  for (let lane: usize = 0; lane < lanes; lane++) {
    for (let row: usize = 0; row < rows; row++) {
      const at = results + (lane * PART + row) * 4;
      store<f32>(at, load<f32>(at) * load<f32>(scales + row * 4));
    }
  }
}

/** Down·x of a weight's adapter, for `linear`. */
export function adapt(slot: Slot, weight: Linear, inner: usize, step: usize, scratch: usize): void {
  const rank = weight.rank;
  if (!rank) return;
  const down = downOf(weight);
  if (slot.few) multiplyRows(down, 0, rank, slot.exactInput, inner, rank * 4, slot.count, false, scratch);
  else multiplyLanes(down, 0, rank, slot.exactInput, inner, step, false, scratch);
}

/** y [row][lane] = W·x + Up·inner + bias, rows [first, last), for the x that is `ready`. */
export function linear(
  slot: Slot,
  weight: Linear,
  first: usize,
  last: usize,
  inner: usize,
  y: usize,
  step: usize,
  scratch: usize,
): void {
  const x = weight.format === Format.float32 ? slot.exactInput : slot.narrowInput;
  const scales = weight.format === Format.int8 ? weight.scales : 0;
  if (slot.few) {
    const results = scratch + DOT_BYTES;
    for (let row = first; row < last; row += PART) {
      const end = min(last, row + PART);
      multiplyRows(weight, row, end, x, results, PART * 4, slot.count, false, scratch);
      if (scales) scaleRows(results, scales + row * 4, slot.count, end - row);
      if (weight.rank) {
        multiplyRows(upOf(weight), row, end, inner, results, PART * 4, slot.count, true, scratch);
      }
      for (let lane: usize = 0; lane < slot.count; lane++) {
        for (let i = row; i < end; i++) {
          const shift: f32 = weight.bias ? load<f32>(weight.bias + i * 4) : 0;
          const sum = load<f32>(results + (lane * PART + i - row) * 4);
          store<f32>(y + (i - first) * step + lane * 4, sum + shift);
        }
      }
    }
    return;
  }
  multiplyLanes(weight, first, last, x, y, step, false, scratch);
  if (scales) {
    for (let row = first; row < last; row++) {
      const scale = v128.load32_splat(scales + row * 4);
      const to = y + (row - first) * step;
      for (let at = to; at < to + step; at += 16) v128.store(at, f32x4.mul(v128.load(at), scale));
    }
  }
  if (weight.rank) multiplyLanes(upOf(weight), first, last, inner, y, step, true, scratch);
  if (!weight.bias) return;
  for (let row = first; row < last; row++) {
    const shift = v128.load32_splat(weight.bias + row * 4);
    const to = y + (row - first) * step;
    for (let at = to; at < to + step; at += 16) v128.store(at, f32x4.add(v128.load(at), shift));
  }
}
