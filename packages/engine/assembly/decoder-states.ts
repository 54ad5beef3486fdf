// States of a token's branches, [feature][lane]: getting them from the embedding, normalising them, and
// turning them about for products that read them branch by branch.

import { roundNumbers } from './bfloat16';
import { Slot } from './decoder-token-job';
import { DecoderToken, Weight } from './layouts';
import { multiplyAdd } from './micro-kernel';
import { widenScaled } from './weight';

/**
 * Lanes that no branch fills are carried along, so they must be numbers: they repeat the last branch, but
 * see nothing.
 */
export function embed(job: DecoderToken, slot: Slot, scratch: usize): void {
  const step = job.lanes * 4;
  const hidden = job.hidden;
  for (let lane: usize = 0; lane < job.lanes; lane++) {
    const token = usize(load<i32>(job.tokens + (slot.start + min(lane, slot.count - 1)) * 4));
    widenScaled(changetype<Weight>(job.embedding), token, 0, hidden, scratch);
    for (let i: usize = 0; i < hidden; i++) {
      store<f32>(slot.x + i * step + lane * 4, load<f32>(scratch + i * 4));
    }
  }
  memory.fill(slot.attended, 0, job.heads * job.hd * step);
}

/** y = weight ⊙ x / √(mean(x²) + ε), the mean over features. */
export function normalise(x: usize, weight: usize, features: usize, epsilon: f32, y: usize, step: usize): void {
  for (let lane: usize = 0; lane < step; lane += 16) {
    let squares = f32x4.splat(0);
    for (let i: usize = 0; i < features; i++) {
      const value = v128.load(x + i * step + lane);
      squares = multiplyAdd(value, value, squares);
    }
    const mean = f32x4.add(f32x4.div(squares, f32x4.splat(f32(features))), f32x4.splat(epsilon));
    const scale = f32x4.div(f32x4.splat(1), f32x4.sqrt(mean));
    for (let i: usize = 0; i < features; i++) {
      const at = i * step + lane;
      const scaled = f32x4.mul(v128.load(x + at), scale);
      v128.store(y + at, f32x4.mul(scaled, v128.load32_splat(weight + i * 4)));
    }
  }
}

@inline
export function takeLane(from: usize, hd: usize, step: usize, to: usize): void {
  for (let i: usize = 0; i < hd; i++) store<f32>(to + i * 4, load<f32>(from + i * step));
}

/**
 * Has x [ins][lane], which products come to read, at hand in rows too if branches are few, and rounded if
 * that is wanted.
 */
export function ready(job: DecoderToken, slot: Slot, x: usize, ins: usize): void {
  const step = job.lanes * 4;
  slot.exactInput = x;
  if (slot.few) {
    slot.exactInput = slot.rows;
    for (let lane: usize = 0; lane < slot.count; lane++) {
      takeLane(x + lane * 4, ins, step, slot.rows + lane * ins * 4);
    }
  }
  slot.narrowInput = slot.exactInput;
  if (!job.rounded) return;
  slot.narrowInput = slot.narrow;
  roundNumbers(slot.exactInput, ins * (slot.few ? slot.count : job.lanes), slot.narrow);
}
