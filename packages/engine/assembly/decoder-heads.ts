// Attention of one more token: the queries of a branch that read one key/value head see the prompt, the
// branch's tokens of before, and themselves.

import { cacheBytes, mixRun, scoresOfRun } from './attend-heads';
import { narrowHalves } from './bfloat16';
import { grow } from './decoder-cache';
import { takeLane } from './decoder-states';
import { Own, Slot, layerOf } from './decoder-token-job';
import { DecoderToken } from './layouts';
import { softmaxRow } from './softmax';

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

/** The queries of one lane that read one key/value head. */
export function attendFrom(
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
