// A token of some branches through a whole decoder. States are transposed, [feature][lane]: a vector is one feature of four
// branches, and products need no sums across a vector. A task takes its branches through all layers, so nothing waits in between.

import { attendRow } from './attend-row';
import { DecoderToken, FEW, Layer, PART, Slot, slotOf } from './decoder-token-job';
import { dotBlock } from './dot-kernel';
import { logisticOfNumber } from './exponential';
import { multiplyAdd, tile6x8 } from './micro-kernel';
import { packRows } from './pack';
import { MR } from './tile';

/** Has x [ins][lane], which products come to read, at hand in rows too if branches are few. */
function ready(slot: Slot, x: usize, ins: usize, step: usize): void {
  if (slot.count >= FEW) return;
  for (let lane: usize = 0; lane < slot.count; lane++) takeLane(x + lane * 4, ins, step, slot.rows + lane * ins * 4);
}

/** y [outs][lane] = W·x + bias for x [ins][lane] that is `ready`, W [outs, ins]. Rows of lanes lie `step` bytes apart. */
function linear(
  slot: Slot,
  weight: usize,
  bias: usize,
  outs: usize,
  ins: usize,
  x: usize,
  y: usize,
  step: usize,
): void {
  if (slot.count < FEW) {
    const results = slot.results;
    dotBlock(ins, slot.rows, ins * 4, weight, ins * 4, results, outs * 4, slot.count, outs, false);
    for (let lane: usize = 0; lane < slot.count; lane++) {
      for (let out: usize = 0; out < outs; out++) {
        const shift: f32 = bias ? load<f32>(bias + out * 4) : 0;
        store<f32>(y + out * step + lane * 4, load<f32>(results + (lane * outs + out) * 4) + shift);
      }
    }
    return;
  }
  for (let out: usize = 0; out < outs; out += MR) {
    const rows = min(MR, outs - out);
    packRows(weight + out * ins * 4, ins * 4, 4, rows, ins, slot.packed);
    for (let lane: usize = 0; lane < step; lane += 32) {
      tile6x8(ins, slot.packed, MR * 4, x + lane, step, y + out * step + lane, step, false);
    }
    if (!bias) continue;
    for (let row = out; row < out + rows; row++) {
      const shift = v128.load32_splat(bias + row * 4);
      for (let at = y + row * step; at < y + (row + 1) * step; at += 16) {
        v128.store(at, f32x4.add(v128.load(at), shift));
      }
    }
  }
}

/** y = weight ⊙ x / √(mean(x²) + ε), the mean over features. */
function normalise(x: usize, weight: usize, features: usize, epsilon: f32, y: usize, step: usize): void {
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

function addTo(x: usize, y: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) v128.store(x + i, f32x4.add(v128.load(x + i), v128.load(y + i)));
}

/** gate = silu(gate weight·x) ⊙ (up weight·x), some rows at a time. */
function gated(job: DecoderToken, slot: Slot, layer: Layer, step: usize, table: usize): void {
  const hidden = job.hidden;
  for (let out: usize = 0; out < job.intermediate; out += PART) {
    const rows = min(PART, job.intermediate - out);
    const gate = slot.gate + out * step;
    linear(slot, layer.gate + out * hidden * 4, 0, rows, hidden, slot.y, gate, step);
    linear(slot, layer.up + out * hidden * 4, 0, rows, hidden, slot.y, slot.part, step);
    for (let i: usize = 0; i < rows * step; i += 16) {
      const x = v128.load(gate + i);
      v128.store(gate + i, f32x4.mul(f32x4.mul(x, logisticOfNumber(x, table)), v128.load(slot.part + i)));
    }
  }
}

@inline
function takeLane(from: usize, hd: usize, step: usize, to: usize): void {
  for (let i: usize = 0; i < hd; i++) store<f32>(to + i * 4, load<f32>(from + i * step));
}

/** Turns a head by its angles, and scales it. */
function turnHead(x: usize, cos: usize, sin: usize, hd: usize, scale: f32): void {
  const half = hd * 2;
  for (let i: usize = 0; i < half; i += 4) {
    const a = load<f32>(x + i);
    const b = load<f32>(x + half + i);
    store<f32>(x + i, scale * (a * load<f32>(cos + i) - b * load<f32>(sin + i)));
    store<f32>(x + half + i, scale * (b * load<f32>(cos + half + i) + a * load<f32>(sin + half + i)));
  }
}

/** The short keys or values of a batch with one more token after them. */
function grow(before: usize, batch: usize, length: usize, last: usize, bytes: usize, after: usize): usize {
  const to = after + batch * (length + 1) * bytes;
  memory.copy(to, before + batch * length * bytes, length * bytes);
  if (last) memory.copy(to + length * bytes, last, bytes);
  else memory.fill(to + length * bytes, 0, bytes);
  return to;
}

/** The queries of one branch, row `row` of all and `lane` of the task, that read one key/value head. */
function attendFrom(
  job: DecoderToken,
  slot: Slot,
  layer: usize,
  row: usize,
  lane: usize,
  group: usize,
  table: usize,
): void {
  const hd = job.hd;
  const step = job.lanes * 4;
  const repeats = job.heads / job.keyValueHeads;
  const result = usize(load<i32>(job.resultRows + (row * job.heads + group * repeats) * 4));
  const place = result / repeats;
  const prompt = place / (job.batches / job.prompts);
  const batch = layer * job.batches + place;
  const cos = job.cos + row * hd * 4;
  const sin = job.sin + row * hd * 4;
  takeLane(slot.k + group * hd * step + lane * 4, hd, step, slot.key);
  takeLane(slot.v + group * hd * step + lane * 4, hd, step, slot.value);
  turnHead(slot.key, cos, sin, hd, 1);
  const ownKeys = grow(job.shortKeys, batch, job.shortLength, slot.key, hd * 4, job.keys);
  const ownValues = grow(job.shortValues, batch, job.shortLength, slot.value, hd * 4, job.values);
  const weights = changetype<Layer>(job.layers + layer * offsetof<Layer>());
  const prefix = prompt * job.prefixLength * hd * 4;
  const longer = batch * job.longLength * hd * 4;
  const scale: f32 = 1 / sqrt<f32>(f32(hd));
  for (let head = group * repeats; head < (group + 1) * repeats; head++) {
    takeLane(slot.q + head * hd * step + lane * 4, hd, step, slot.query);
    turnHead(slot.query, cos, sin, hd, scale);
    attendRow(
      slot.query,
      hd,
      weights.prefixKeys + prefix,
      weights.prefixValues + prefix,
      job.prefixLength,
      job.prefixBias + prompt * job.biasBatchStep * 4,
      job.biasKeyStep * 4,
      job.longKeys + longer,
      job.longValues + longer,
      job.longLength,
      ownKeys,
      ownValues,
      job.shortLength + 1,
      slot.scores,
      slot.result,
      table,
    );
    const to = slot.attended + head * hd * step + lane * 4;
    for (let i: usize = 0; i < hd; i++) store<f32>(to + i * step, load<f32>(slot.result + i * 4));
  }
}

function runLayer(job: DecoderToken, slot: Slot, number: usize, start: usize, table: usize): void {
  const layer = changetype<Layer>(job.layers + number * offsetof<Layer>());
  const step = job.lanes * 4;
  const hidden = job.hidden;
  const queries = job.heads * job.hd;
  const keys = job.keyValueHeads * job.hd;
  normalise(slot.x, layer.inputNorm, hidden, job.epsilon, slot.y, step);
  ready(slot, slot.y, hidden, step);
  linear(slot, layer.q, layer.qBias, queries, hidden, slot.y, slot.q, step);
  linear(slot, layer.k, layer.kBias, keys, hidden, slot.y, slot.k, step);
  linear(slot, layer.v, layer.vBias, keys, hidden, slot.y, slot.v, step);
  for (let lane: usize = 0; lane < slot.count; lane++) {
    for (let group: usize = 0; group < job.keyValueHeads; group++) {
      attendFrom(job, slot, number, start + lane, lane, group, table);
    }
  }
  ready(slot, slot.attended, queries, step);
  linear(slot, layer.o, 0, hidden, queries, slot.attended, slot.y, step);
  addTo(slot.x, slot.y, hidden * step);
  normalise(slot.x, layer.attentionNorm, hidden, job.epsilon, slot.y, step);
  ready(slot, slot.y, hidden, step);
  gated(job, slot, layer, step, table);
  ready(slot, slot.gate, job.intermediate, step);
  linear(slot, layer.down, 0, hidden, job.intermediate, slot.gate, slot.y, step);
  addTo(slot.x, slot.y, hidden * step);
}

/** The logits of the normalised states y, some tokens of the vocabulary at a time. */
function putLogits(job: DecoderToken, slot: Slot, start: usize): void {
  const step = job.lanes * 4;
  ready(slot, slot.y, job.hidden, step);
  for (let token: usize = 0; token < job.vocabulary; token += PART) {
    const some = min(PART, job.vocabulary - token);
    linear(slot, job.head + token * job.hidden * 4, 0, some, job.hidden, slot.y, slot.part, step);
    for (let lane: usize = 0; lane < slot.count; lane++) {
      const to = job.logits + ((start + lane) * job.vocabulary + token) * 4;
      takeLane(slot.part + lane * 4, some, step, to);
    }
  }
}

/** Batches without a branch get zeros for their token: nobody reads them, but they are copied from step to step. */
function growIdle(job: DecoderToken): void {
  const bytes = job.hd * 4;
  for (let layer: usize = 0; layer < job.layerCount; layer++) {
    for (let i: usize = 0; i < job.idleCount; i++) {
      const batch = layer * job.batches + usize(load<i32>(job.idle + i * 4));
      grow(job.shortKeys, batch, job.shortLength, 0, bytes, job.keys);
      grow(job.shortValues, batch, job.shortLength, 0, bytes, job.values);
    }
  }
}

/** Some branches; the last task has those places that hold none. */
export function decoderTokenTask(pointer: usize, task: usize, table: usize): void {
  const job = changetype<DecoderToken>(pointer);
  const start = task * job.lanes;
  if (start >= job.rows) return growIdle(job);
  const slot = slotOf(job, task);
  const step = job.lanes * 4;
  slot.count = min(job.lanes, job.rows - start);
  // Lanes that no branch fills are carried along, so they must be numbers: they repeat the last branch, but see nothing.
  for (let lane: usize = 0; lane < job.lanes; lane++) {
    const token = usize(load<i32>(job.tokens + (start + min(lane, slot.count - 1)) * 4));
    const from = job.embedding + token * job.hidden * 4;
    for (let i: usize = 0; i < job.hidden; i++) store<f32>(slot.x + i * step + lane * 4, load<f32>(from + i * 4));
  }
  memory.fill(slot.attended, 0, job.heads * job.hd * step);
  for (let layer: usize = 0; layer < job.layerCount; layer++) runLayer(job, slot, layer, start, table);
  normalise(slot.x, job.norm, job.hidden, job.epsilon, slot.y, step);
  putLogits(job, slot, start);
}
