// The steps of a token, each of which can be divided among tasks.

import { growIdle } from './decoder-cache';
import { attendFrom } from './decoder-heads';
import { adapt, linear } from './decoder-product';
import { embed, normalise, ready, takeLane } from './decoder-states';
import { Own, PART, Slot, layerOf, weightOf } from './decoder-token-job';
import { logisticOfNumber } from './exponential';
import { partStart } from './gemm';
import {
  DecoderToken,
  LAYER_DOWN,
  LAYER_GATE,
  LAYER_K,
  LAYER_O,
  LAYER_Q,
  LAYER_UP,
  LAYER_V,
  Layer,
  Linear,
  Step,
} from './layouts';
import { MR, TABLE_BYTES } from './tile';

/** x += W·(what is ready), rows [first, last), through y. */
function addLinear(
  job: DecoderToken,
  slot: Slot,
  own: Own,
  weight: Linear,
  first: usize,
  last: usize,
  scratch: usize,
): void {
  const step = job.lanes * 4;
  const x = slot.x + first * step;
  const y = slot.y + first * step;
  adapt(slot, weight, own.inner, step, scratch);
  linear(slot, weight, first, last, own.inner, y, step, scratch);
  for (let i: usize = 0; i < (last - first) * step; i += 16) {
    v128.store(x + i, f32x4.add(v128.load(x + i), v128.load(y + i)));
  }
}

/** gate = silu(gate weight·y) ⊙ (up weight·y), some rows at a time. */
function gated(
  job: DecoderToken,
  slot: Slot,
  own: Own,
  layer: Layer,
  first: usize,
  last: usize,
  table: usize,
  scratch: usize,
): void {
  const step = job.lanes * 4;
  const gateWeight = weightOf(layer, LAYER_GATE);
  const upWeight = weightOf(layer, LAYER_UP);
  adapt(slot, gateWeight, own.inner, step, scratch);
  adapt(slot, upWeight, own.innerOfUp, step, scratch);
  for (let row = first; row < last; row += PART) {
    const end = min(last, row + PART);
    const gate = slot.gate + row * step;
    linear(slot, gateWeight, row, end, own.inner, gate, step, scratch);
    linear(slot, upWeight, row, end, own.innerOfUp, own.part, step, scratch);
    for (let i: usize = 0; i < (end - row) * step; i += 16) {
      const x = v128.load(gate + i);
      v128.store(gate + i, f32x4.mul(f32x4.mul(x, logisticOfNumber(x, table)), v128.load(own.part + i)));
    }
  }
}

/** The logits of the normalised states y for tokens [first, last), some of them at a time. */
function putLogits(job: DecoderToken, slot: Slot, own: Own, first: usize, last: usize, scratch: usize): void {
  const step = job.lanes * 4;
  const head = changetype<Linear>(job.head);
  for (let token = first; token < last; token += PART) {
    const end = min(last, token + PART);
    linear(slot, head, token, end, 0, own.part, step, scratch);
    for (let lane: usize = 0; lane < slot.count; lane++) {
      const to = job.logits + ((slot.start + lane) * job.vocabulary + token) * 4;
      takeLane(own.part + lane * 4, end - token, step, to);
    }
  }
}

/** A part of y = W·(what is ready). */
function project(
  slot: Slot,
  own: Own,
  weight: Linear,
  y: usize,
  outs: usize,
  part: usize,
  parts: usize,
  step: usize,
  scratch: usize,
): void {
  const first = partStart(outs, parts, part, MR);
  const last = partStart(outs, parts, part + 1, MR);
  if (first === last) return;
  adapt(slot, weight, own.inner, step, scratch);
  linear(slot, weight, first, last, own.inner, y + first * step, step, scratch);
}

/** One part of a step; the steps whose work is small have one part alone. */
export function takeStep(
  job: DecoderToken,
  slot: Slot,
  own: Own,
  what: i32,
  number: usize,
  part: usize,
  parts: usize,
  table: usize,
): void {
  const scratch = table + TABLE_BYTES;
  const layer = layerOf(job, number);
  const step = job.lanes * 4;
  const hidden = job.hidden;
  const queries = job.heads * job.hd;
  const first = partStart(hidden, parts, part, MR);
  const last = partStart(hidden, parts, part + 1, MR);
  switch (what) {
    case Step.embed:
      return embed(job, slot, scratch);
    case Step.enter:
    case Step.enterGate: {
      const norm = what === Step.enter ? layer.inputNorm : layer.attentionNorm;
      normalise(slot.x, norm, hidden, job.epsilon, slot.y, step);
      return ready(job, slot, slot.y, hidden);
    }
    case Step.project: {
      project(slot, own, weightOf(layer, LAYER_Q), slot.q, queries, part, parts, step, scratch);
      const keys = job.keyValueHeads * job.hd;
      project(slot, own, weightOf(layer, LAYER_K), slot.k, keys, part, parts, step, scratch);
      return project(slot, own, weightOf(layer, LAYER_V), slot.v, keys, part, parts, step, scratch);
    }
    case Step.attend: {
      const groups = job.keyValueHeads;
      const end = partStart(slot.count * groups, parts, part + 1, 1);
      for (let item = partStart(slot.count * groups, parts, part, 1); item < end; item++) {
        attendFrom(job, slot, own, number, item / groups, item % groups, table, scratch);
      }
      return;
    }
    case Step.collect:
      return ready(job, slot, slot.attended, queries);
    case Step.join:
      return addLinear(job, slot, own, weightOf(layer, LAYER_O), first, last, scratch);
    case Step.gated: {
      const from = partStart(job.intermediate, parts, part, MR);
      return gated(
        job,
        slot,
        own,
        layer,
        from,
        partStart(job.intermediate, parts, part + 1, MR),
        table,
        scratch,
      );
    }
    case Step.collectGated:
      return ready(job, slot, slot.gate, job.intermediate);
    case Step.leave:
      return addLinear(job, slot, own, weightOf(layer, LAYER_DOWN), first, last, scratch);
    case Step.end:
      normalise(slot.x, job.norm, hidden, job.epsilon, slot.y, step);
      return ready(job, slot, slot.y, hidden);
    case Step.logits: {
      const from = partStart(job.vocabulary, parts, part, MR);
      return putLogits(job, slot, own, from, partStart(job.vocabulary, parts, part + 1, MR), scratch);
    }
    case Step.idle:
      return growIdle(job);
  }
}
