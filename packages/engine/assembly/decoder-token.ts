// A token of some branches through a whole decoder. States are transposed, [feature][lane]: a vector is one feature of four
// branches, and products need no sums across a vector. Either a task takes its branches through all layers, so nothing waits
// in between; or, where weights are so large that each thread should read a part of them, tasks divide each step among them.

import { DecoderToken, Format, LAYER_DOWN, LAYER_GATE, LAYER_K, LAYER_O, LAYER_Q, LAYER_UP, LAYER_V, Layer, Linear, Step, Weight } from './layouts';
import { cacheBytes, mixRun, scoresOfRun } from './attend-heads';
import { narrowHalves, roundNumbers } from './bfloat16';
import { downOf, layerOf, openSlot, Own, ownOf, PART, Slot, slotOf, upOf, weightOf } from './decoder-token-job';
import { dotBlock } from './dot-kernel';
import { logisticOfNumber } from './exponential';
import { partStart } from './gemm';
import { multiplyAdd, tile6x8 } from './micro-kernel';
import { packRows } from './pack';
import { DOT_BYTES, dotWeight, packWeightPanel } from './pack-weight';
import { softmaxRow } from './softmax';
import { KC, MR, TABLE_BYTES } from './tile';
import { widenScaled } from './weight';

/** Where widened runs are in the scratch, behind a packed panel. */
const RUNS_AT: usize = MR * KC * 4;

/** Rows [first, last) of W times x [lane][in] go to c [lane][row], `cStep` bytes apart, or are added there. */
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

/** Has x [ins][lane], which products come to read, at hand in rows too if branches are few, and rounded if that is wanted. */
function ready(job: DecoderToken, slot: Slot, x: usize, ins: usize): void {
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

/** Down·x of a weight's adapter, for `linear`. */
function adapt(slot: Slot, weight: Linear, inner: usize, step: usize, scratch: usize): void {
  const rank = weight.rank;
  if (!rank) return;
  const down = downOf(weight);
  if (slot.few) multiplyRows(down, 0, rank, slot.exactInput, inner, rank * 4, slot.count, false, scratch);
  else multiplyLanes(down, 0, rank, slot.exactInput, inner, step, false, scratch);
}

/** y [row][lane] = W·x + Up·inner + bias, rows [first, last), for the x that is `ready`. */
function linear(
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

function scaleRows(results: usize, scales: usize, lanes: usize, rows: usize): void {
  for (let lane: usize = 0; lane < lanes; lane++) {
    for (let row: usize = 0; row < rows; row++) {
      const at = results + (lane * PART + row) * 4;
      store<f32>(at, load<f32>(at) * load<f32>(scales + row * 4));
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

@inline
function takeLane(from: usize, hd: usize, step: usize, to: usize): void {
  for (let i: usize = 0; i < hd; i++) store<f32>(to + i * 4, load<f32>(from + i * step));
}

/** x ← weight ⊙ x / √(mean(x²) + ε) of one head, where there is a weight. */
@inline
function normaliseHead(x: usize, weight: usize, hd: usize, epsilon: f32): void {
  if (!weight) return;
  let squares: f32 = 0;
  for (let i: usize = 0; i < hd * 4; i += 4) squares += load<f32>(x + i) * load<f32>(x + i);
  const scale: f32 = 1 / sqrt<f32>(squares / f32(hd) + epsilon);
  for (let i: usize = 0; i < hd * 4; i += 4) {
    store<f32>(x + i, load<f32>(x + i) * scale * load<f32>(weight + i));
  }
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

/** The queries of one lane that read one key/value head. */
function attendFrom(
  job: DecoderToken,
  slot: Slot,
  own: Own,
  layer: usize,
  lane: usize,
  group: usize,
  table: usize,
  scratch: usize,
): void {
  const hd = job.hd;
  const step = job.lanes * 4;
  const row = slot.start + lane;
  const repeats = job.heads / job.keyValueHeads;
  const result = usize(load<i32>(job.resultRows + (row * job.heads + group * repeats) * 4));
  const place = result / repeats;
  const prompt = place / (job.batches / job.prompts);
  const batch = layer * job.batches + place;
  const cos = job.cos + row * hd * 4;
  const sin = job.sin + row * hd * 4;
  const halved = job.halved !== 0;
  takeLane(slot.k + group * hd * step + lane * 4, hd, step, own.key);
  takeLane(slot.v + group * hd * step + lane * 4, hd, step, own.value);
  const weights = layerOf(job, layer);
  normaliseHead(own.key, weights.kNorm, hd, job.epsilon);
  turnHead(own.key, cos, sin, hd, 1);
  if (halved) {
    narrowHalves(own.key, hd, own.key);
    narrowHalves(own.value, hd, own.value);
  }
  const bytes = cacheBytes(hd, halved);
  const shorts = job.shortLength + 1;
  const ownKeys = grow(job.shortKeys, batch, job.shortLength, own.key, bytes, job.keys);
  const ownValues = grow(job.shortValues, batch, job.shortLength, own.value, bytes, job.values);
  const scale: f32 = 1 / sqrt<f32>(f32(hd));
  for (let head: usize = 0; head < repeats; head++) {
    const query = own.queries + head * hd * 4;
    takeLane(slot.q + (group * repeats + head) * hd * step + lane * 4, hd, step, query);
    normaliseHead(query, weights.qNorm, hd, job.epsilon);
    turnHead(query, cos, sin, hd, scale);
  }

  const prefix = prompt * job.prefixLength * bytes;
  const longer = batch * job.longLength * bytes;
  const seen = job.prefixLength + job.longLength + shorts;
  const scores = own.scores;
  const longScores = scores + job.prefixLength * 4;
  const shortScores = longScores + job.longLength * 4;
  const scoreStep = seen * 4;
  scoresOfRun(
    own.queries,
    repeats,
    hd,
    weights.prefixKeys + prefix,
    job.prefixLength,
    halved,
    scores,
    scoreStep,
    scratch,
  );
  scoresOfRun(
    own.queries,
    repeats,
    hd,
    job.longKeys + longer,
    job.longLength,
    halved,
    longScores,
    scoreStep,
    scratch,
  );
  scoresOfRun(own.queries, repeats, hd, ownKeys, shorts, halved, shortScores, scoreStep, scratch);
  const bias = job.prefixBias + prompt * job.biasBatchStep * 4;
  for (let head: usize = 0; head < repeats; head++) {
    const at = scores + head * scoreStep;
    for (let key: usize = 0; key < job.prefixLength; key++) {
      store<f32>(at + key * 4, load<f32>(at + key * 4) + load<f32>(bias + key * job.biasKeyStep * 4));
    }
    softmaxRow(at, at, seen, table);
  }
  memory.fill(own.results, 0, repeats * hd * 4);
  mixRun(
    scores,
    scoreStep,
    repeats,
    hd,
    weights.prefixValues + prefix,
    job.prefixLength,
    halved,
    own.results,
    scratch,
  );
  mixRun(
    longScores,
    scoreStep,
    repeats,
    hd,
    job.longValues + longer,
    job.longLength,
    halved,
    own.results,
    scratch,
  );
  mixRun(shortScores, scoreStep, repeats, hd, ownValues, shorts, halved, own.results, scratch);
  const to = slot.attended + group * repeats * hd * step + lane * 4;
  for (let i: usize = 0; i < repeats * hd; i++) store<f32>(to + i * step, load<f32>(own.results + i * 4));
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

/** Lanes that no branch fills are carried along, so they must be numbers: they repeat the last branch, but see nothing. */
function embed(job: DecoderToken, slot: Slot, scratch: usize): void {
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

/** Batches without a branch get zeros for their token: nobody reads them, but they are copied from step to step. */
function growIdle(job: DecoderToken): void {
  const bytes = cacheBytes(job.hd, job.halved !== 0);
  for (let layer: usize = 0; layer < job.layerCount; layer++) {
    for (let i: usize = 0; i < job.idleCount; i++) {
      const batch = layer * job.batches + usize(load<i32>(job.idle + i * 4));
      grow(job.shortKeys, batch, job.shortLength, 0, bytes, job.keys);
      grow(job.shortValues, batch, job.shortLength, 0, bytes, job.values);
    }
  }
}

/** One part of a step; the steps whose work is small have one part alone. */
function takeStep(
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

/** Some branches through everything; the last task has those places that hold none. */
export function decoderTokenTask(pointer: usize, task: usize, table: usize): void {
  const job = changetype<DecoderToken>(pointer);
  if (task * job.lanes >= job.rows) return growIdle(job);
  const slot = openSlot(job, task);
  const own = ownOf(job, task);
  takeStep(job, slot, own, Step.embed, 0, 0, 1, table);
  for (let layer: usize = 0; layer < job.layerCount; layer++) {
    for (let what: i32 = Step.enter; what <= Step.leave; what++) takeStep(job, slot, own, what, layer, 0, 1, table);
  }
  takeStep(job, slot, own, Step.end, 0, 0, 1, table);
  takeStep(job, slot, own, Step.logits, 0, 0, 1, table);
}

/** A part of one step for all branches, which are one slot's. */
export function decoderStepTask(pointer: usize, task: usize, table: usize): void {
  const job = changetype<DecoderToken>(pointer);
  const slot = i32(job.step) === Step.embed ? openSlot(job, 0) : slotOf(job, 0);
  takeStep(job, slot, ownOf(job, task), i32(job.step), job.layer, task, job.parts, table);
}
