// Queries over runs of keys and values that they share, [length, hd] each.

import { widenHalves } from './bfloat16';
import { sumOfLanes, sumsOfFour } from './lanes';
import { multiplyAdd } from './micro-kernel';

/** Scores q·k of some keys. */
function scoresOf(query: usize, hd: usize, keys: usize, count: usize, scores: usize): void {
  const whole = (hd & ~3) * 4;
  const step = hd * 4;
  let key: usize = 0;
  for (; key + 4 <= count; key += 4) {
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    let s2 = f32x4.splat(0);
    let s3 = f32x4.splat(0);
    let k0 = keys + key * step;
    let k1 = k0 + step;
    let k2 = k1 + step;
    let k3 = k2 + step;
    for (let i: usize = 0; i < whole; i += 16) {
      const q = v128.load(query + i);
      s0 = multiplyAdd(q, v128.load(k0), s0);
      s1 = multiplyAdd(q, v128.load(k1), s1);
      s2 = multiplyAdd(q, v128.load(k2), s2);
      s3 = multiplyAdd(q, v128.load(k3), s3);
      k0 += 16;
      k1 += 16;
      k2 += 16;
      k3 += 16;
    }
    v128.store(scores + key * 4, sumsOfFour(s0, s1, s2, s3));
    if (whole === step) continue;
    for (let one: usize = 0; one < 4; one++) addTail(query, keys + (key + one) * step, whole, step, scores + (key + one) * 4);
  }
  for (; key < count; key++) {
    let sum = f32x4.splat(0);
    const k = keys + key * step;
    for (let i: usize = 0; i < whole; i += 16) sum = multiplyAdd(v128.load(query + i), v128.load(k + i), sum);
    store<f32>(scores + key * 4, sumOfLanes(sum));
    addTail(query, k, whole, step, scores + key * 4);
  }
}

/** Adds what is after the last whole vector. */
function addTail(query: usize, key: usize, from: usize, to: usize, score: usize): void {
  let sum = load<f32>(score);
  for (let i = from; i < to; i += 4) sum += load<f32>(query + i) * load<f32>(key + i);
  store<f32>(score, sum);
}

/** Adds Σ weight·value to the result, sixteen features at a time and two values, whose sums wait for each other. */
function mix(weights: usize, values: usize, count: usize, hd: usize, result: usize): void {
  const step = hd * 4;
  let i: usize = 0;
  for (; i + 64 <= step; i += 64) {
    let r0 = v128.load(result + i);
    let r1 = v128.load(result + i, 16);
    let r2 = v128.load(result + i, 32);
    let r3 = v128.load(result + i, 48);
    let t0 = f32x4.splat(0);
    let t1 = f32x4.splat(0);
    let t2 = f32x4.splat(0);
    let t3 = f32x4.splat(0);
    let value = values + i;
    let weight = weights;
    let left = count;
    for (; left >= 2; left -= 2) {
      let w = v128.load32_splat(weight);
      r0 = multiplyAdd(w, v128.load(value), r0);
      r1 = multiplyAdd(w, v128.load(value, 16), r1);
      r2 = multiplyAdd(w, v128.load(value, 32), r2);
      r3 = multiplyAdd(w, v128.load(value, 48), r3);
      value += step;
      w = v128.load32_splat(weight, 4);
      t0 = multiplyAdd(w, v128.load(value), t0);
      t1 = multiplyAdd(w, v128.load(value, 16), t1);
      t2 = multiplyAdd(w, v128.load(value, 32), t2);
      t3 = multiplyAdd(w, v128.load(value, 48), t3);
      value += step;
      weight += 8;
    }
    if (left) {
      const w = v128.load32_splat(weight);
      r0 = multiplyAdd(w, v128.load(value), r0);
      r1 = multiplyAdd(w, v128.load(value, 16), r1);
      r2 = multiplyAdd(w, v128.load(value, 32), r2);
      r3 = multiplyAdd(w, v128.load(value, 48), r3);
    }
    v128.store(result + i, f32x4.add(r0, t0));
    v128.store(result + i, f32x4.add(r1, t1), 16);
    v128.store(result + i, f32x4.add(r2, t2), 32);
    v128.store(result + i, f32x4.add(r3, t3), 48);
  }
  for (; i < step; i += 4) {
    let sum = load<f32>(result + i);
    for (let key: usize = 0; key < count; key++) sum += load<f32>(weights + key * 4) * load<f32>(values + key * step + i);
    store<f32>(result + i, sum);
  }
}

/** Tokens whose keys or values are widened at a time. */
const WIDENED: usize = 64;

/** Bytes of `count` numbers of a cache. */
@inline
export function cacheBytes(count: usize, halved: bool): usize {
  return halved ? count * 2 : count * 4;
}

/**
 * Scores of some heads' queries [heads, hd], rows `scoreStep` bytes apart, with a run of keys [count, hd] that they share:
 * float32, or bfloat16 if `halved`, which are widened once for all of them.
 */
export function scoresOfRun(
  queries: usize,
  heads: usize,
  hd: usize,
  keys: usize,
  count: usize,
  halved: bool,
  scores: usize,
  scoreStep: usize,
  widened: usize,
): void {
  const most = halved ? WIDENED : count;
  for (let key: usize = 0; key < count; key += most) {
    const some = min(most, count - key);
    if (halved) widenHalves(keys + key * hd * 2, some * hd, widened);
    for (let head: usize = 0; head < heads; head++) {
      const to = scores + head * scoreStep + key * 4;
      scoresOf(queries + head * hd * 4, hd, halved ? widened : keys, some, to);
    }
  }
}

/** Adds Σ weight·value of such a run to the heads' results [heads, hd]. */
export function mixRun(
  weights: usize,
  weightStep: usize,
  heads: usize,
  hd: usize,
  values: usize,
  count: usize,
  halved: bool,
  results: usize,
  widened: usize,
): void {
  const most = halved ? WIDENED : count;
  for (let key: usize = 0; key < count; key += most) {
    const some = min(most, count - key);
    if (halved) widenHalves(values + key * hd * 2, some * hd, widened);
    for (let head: usize = 0; head < heads; head++) {
      const from = weights + head * weightStep + key * 4;
      mix(from, halved ? widened : values, some, hd, results + head * hd * 4);
    }
  }
}
