// Attention of rows that see each other in runs (src/kernels/attention.ts). The queries that read one key/value head are taken in
// tiles of sixteen, transposed to [feature][lane], so that a vector is a score of four queries with one key: softmax and all
// sums run along keys, never across a vector. No score is in memory but those of a tile.

import { Attention } from './layouts';
import { fetchKeys, LANES, Slot, STEP, slotOf } from './attention-job';
import { putLanes, setPlaces, takeLanes, takeRows, turn } from './attention-tile';
import { exponentialBelow } from './exponential';
import { storePartOfTile, tile6x8 } from './micro-kernel';
import { MR, NR } from './tile';

/** Keys whose values and weights stay in the first cache. */
const CLOSE_KEYS: usize = 96;

/** y[key][lane] = Σ_i keys[key][i]·x[i][lane] for packed keys. Up to five rows beyond are written too. */
function products(hd: usize, packed: usize, count: usize, x: usize, y: usize): void {
  for (let key: usize = 0; key < count; key += MR) {
    tile6x8(hd, packed + key * hd * 4, MR * 4, x, STEP, y + key * STEP, STEP, false);
    tile6x8(hd, packed + key * hd * 4, MR * 4, x + 32, STEP, y + key * STEP + 32, STEP, false);
  }
}

/** Adds Σ_key weights[key][lane]·rows[key][i] to y[i][lane]. */
function mix(rows: usize, step: usize, hd: usize, weights: usize, count: usize, y: usize, edge: usize): void {
  if (hd < MR) return mixFew(rows, step, hd, weights, count, y);
  const rest = hd % MR;
  for (let key: usize = 0; key < count; key += CLOSE_KEYS) {
    const there = min(CLOSE_KEYS, count - key);
    const a = rows + key * step;
    for (let half: usize = 0; half < STEP; half += 32) {
      const b = weights + key * STEP + half;
      for (let i: usize = 0; i + MR <= hd; i += MR) {
        tile6x8(there, a + i * 4, step, b, STEP, y + i * STEP + half, STEP, true);
      }
      if (rest === 0) continue;
      // The last six features, of which only those that are left are added.
      tile6x8(there, a + (hd - MR) * 4, step, b, STEP, edge, NR * 4, false);
      const left = edge + (MR - rest) * NR * 4;
      storePartOfTile(left, y + (hd - rest) * STEP + half, STEP, rest, NR, true);
    }
  }
}

/** The same for few features. */
function mixFew(rows: usize, step: usize, hd: usize, weights: usize, count: usize, y: usize): void {
  for (let key: usize = 0; key < count; key++) {
    for (let i: usize = 0; i < hd; i++) {
      const value = load<f32>(rows + key * step + i * 4);
      for (let lane: usize = 0; lane < STEP; lane += 4) {
        const to = y + i * STEP + lane;
        store<f32>(to, load<f32>(to) + value * load<f32>(weights + key * STEP + lane));
      }
    }
  }
}

/** Adds Σ_lane weights[lane][key]·rows[lane][feature] to y[key][feature]. */
function addOuter(
  weights: usize,
  weightStep: usize,
  rows: usize,
  hd: usize,
  count: usize,
  y: usize,
  step: usize,
  edge: usize,
): void {
  const whole = hd - (hd % NR);
  for (let key: usize = 0; key < count; key += MR) {
    const there = min(MR, count - key);
    const a = weights + key * 4;
    for (let i: usize = 0; i < whole; i += NR) {
      const c = y + key * step + i * 4;
      if (there === MR) tile6x8(LANES, a, weightStep, rows + i * 4, hd * 4, c, step, true);
      else {
        tile6x8(LANES, a, weightStep, rows + i * 4, hd * 4, edge, NR * 4, false);
        storePartOfTile(edge, c, step, there, NR, true);
      }
    }
    for (let i = whole; i < hd; i++) {
      for (let row: usize = 0; row < there; row++) {
        let sum: f32 = 0;
        for (let lane: usize = 0; lane < LANES; lane++) {
          sum += load<f32>(a + lane * weightStep + row * 4) * load<f32>(rows + (lane * hd + i) * 4);
        }
        const c = y + (key + row) * step + i * 4;
        store<f32>(c, load<f32>(c) + sum);
      }
    }
  }
}

/** Of its own run a query sees what is not later than itself; `repeats` queries stand in a row. */
function hideLater(own: usize, keys: usize, first: usize, last: usize, repeats: usize): void {
  for (let lane: usize = 0; lane < LANES; lane++) {
    for (let key = min(first + lane, last) / repeats + 1; key < keys; key++) {
      store<f32>(own + key * STEP + lane * 4, -1e30);
    }
  }
}

/** Scores become exponentials, whose sums' inverses are put at `inverse`. */
function exponentials(scores: usize, count: usize, inverse: usize, table: usize): void {
  const end = scores + count * STEP;
  let m0 = v128.load(scores);
  let m1 = v128.load(scores, 16);
  let m2 = v128.load(scores, 32);
  let m3 = v128.load(scores, 48);
  for (let x = scores + STEP; x < end; x += STEP) {
    m0 = f32x4.pmax(m0, v128.load(x));
    m1 = f32x4.pmax(m1, v128.load(x, 16));
    m2 = f32x4.pmax(m2, v128.load(x, 32));
    m3 = f32x4.pmax(m3, v128.load(x, 48));
  }
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  for (let x = scores; x < end; x += STEP) {
    let e = exponentialBelow(f32x4.sub(v128.load(x), m0), table);
    s0 = f32x4.add(s0, e);
    v128.store(x, e);
    e = exponentialBelow(f32x4.sub(v128.load(x, 16), m1), table);
    s1 = f32x4.add(s1, e);
    v128.store(x, e, 16);
    e = exponentialBelow(f32x4.sub(v128.load(x, 32), m2), table);
    s2 = f32x4.add(s2, e);
    v128.store(x, e, 32);
    e = exponentialBelow(f32x4.sub(v128.load(x, 48), m3), table);
    s3 = f32x4.add(s3, e);
    v128.store(x, e, 48);
  }
  const one = f32x4.splat(1);
  v128.store(inverse, f32x4.div(one, s0));
  v128.store(inverse, f32x4.div(one, s1), 16);
  v128.store(inverse, f32x4.div(one, s2), 32);
  v128.store(inverse, f32x4.div(one, s3), 48);
}

/** Exponentials become probabilities p, and slopes dp become p ⊙ (dp − Σ p ⊙ dp), the gradient of the scores. */
function scoreGradient(count: usize, p: usize, dp: usize, inverse: usize): void {
  for (let quarter: usize = 0; quarter < STEP; quarter += 16) {
    const scale = v128.load(inverse + quarter);
    let along = f32x4.splat(0);
    for (let key = quarter; key < count * STEP; key += STEP) {
      const probability = f32x4.mul(v128.load(p + key), scale);
      v128.store(p + key, probability);
      along = f32x4.add(along, f32x4.mul(probability, v128.load(dp + key)));
    }
    for (let key = quarter; key < count * STEP; key += STEP) {
      v128.store(dp + key, f32x4.mul(v128.load(p + key), f32x4.sub(v128.load(dp + key), along)));
    }
  }
}

/** One tile of a run, and with a gradient of the result its gradients; `part` receives those of the prefix. */
function runTile(job: Attention, slot: Slot, run: usize, number: usize, head: usize, part: usize, table: usize): void {
  const hd = job.hd;
  const repeats = job.heads / job.keyValueHeads;
  const row = usize(load<i32>(job.runs + run * 16));
  const first = number * LANES;
  const last = (usize(load<i32>(job.runs + run * 16, 4)) - row) * repeats - 1;
  const lanes = min(LANES, last - first + 1);
  // Rows that any lane sees: of the prefix, before the run, and of the run.
  const n0 = slot.prefix.length;
  const n1 = slot.before.length;
  const n2 = job.causal ? min(first + LANES - 1, last) / repeats + 1 : slot.own.length;
  const count = n0 + n1 + n2;
  const scores = slot.scores;
  const slopes = slot.slopes;
  const scores1 = n0 * STEP;
  const scores2 = scores1 + n1 * STEP;
  setPlaces(job, slot, row, head, first, last);

  takeLanes(slot, hd, job.q, job.scale, slot.q);
  products(hd, slot.prefix.keys, n0, slot.q, scores);
  products(hd, slot.before.keys, n1, slot.q, scores + scores1);
  products(hd, slot.own.keys, n2, slot.q, scores + scores2);
  if (job.causal) hideLater(scores + scores2, n2, first, last, repeats);
  exponentials(scores, count, slot.inverse, table);

  const step = job.keyValueHeads * hd * 4;
  const own = head * hd * 4;
  const before = slot.before.start * step + own;
  const run0 = row * step + own;
  const mixed = slot.mixed;
  memory.fill(mixed, 0, hd * STEP);
  if (!job.dy) {
    mix(job.v + own, step, hd, scores, n0, mixed, slot.edge);
    mix(job.v + before, step, hd, scores + scores1, n1, mixed, slot.edge);
    mix(job.v + run0, step, hd, scores + scores2, n2, mixed, slot.edge);
    putLanes(slot, hd, mixed, slot.inverse, job.out);
    return;
  }

  takeLanes(slot, hd, job.dy, 1, slot.dy);
  takeRows(slot, hd, lanes, job.q, job.scale, slot.rows);
  takeRows(slot, hd, lanes, job.dy, 1, slot.dyRows);
  products(hd, slot.prefix.values, n0, slot.dy, slopes);
  products(hd, slot.before.values, n1, slot.dy, slopes + scores1);
  products(hd, slot.own.values, n2, slot.dy, slopes + scores2);
  scoreGradient(count, scores, slopes, slot.inverse);

  const turned = slot.turned;
  const turnedStep = slot.turnedStep;
  turn(slot, scores, count);
  const partOfValues = part + job.prefix * step;
  addOuter(turned, turnedStep, slot.dyRows, hd, n0, partOfValues + own, step, slot.edge);
  addOuter(turned + n0 * 4, turnedStep, slot.dyRows, hd, n1, job.dv + before, step, slot.edge);
  addOuter(turned + (n0 + n1) * 4, turnedStep, slot.dyRows, hd, n2, job.dv + run0, step, slot.edge);
  turn(slot, slopes, count);
  addOuter(turned, turnedStep, slot.rows, hd, n0, part + own, step, slot.edge);
  addOuter(turned + n0 * 4, turnedStep, slot.rows, hd, n1, job.dk + before, step, slot.edge);
  addOuter(turned + (n0 + n1) * 4, turnedStep, slot.rows, hd, n2, job.dk + run0, step, slot.edge);

  mix(job.k + own, step, hd, slopes, n0, mixed, slot.edge);
  mix(job.k + before, step, hd, slopes + scores1, n1, mixed, slot.edge);
  mix(job.k + run0, step, hd, slopes + scores2, n2, mixed, slot.edge);
  const scales = f32x4.splat(job.scale);
  for (let lane: usize = 0; lane < STEP; lane += 16) v128.store(slot.inverse + lane, scales);
  putLanes(slot, hd, mixed, slot.inverse, job.out);
}

/** Some tiles; items are ordered head, run, tile. */
export function attentionTask(pointer: usize, task: usize, table: usize): void {
  const job = changetype<Attention>(pointer);
  const slot = slotOf(job, task);
  const perHead = job.items / job.keyValueHeads;
  const end = (job.items * (task + 1)) / job.tasks;
  let run: usize = 0;
  for (let item = (job.items * task) / job.tasks; item < end; item++) {
    const number = item % perHead;
    const head = item / perHead;
    if (number < usize(load<i32>(job.tiles + run * 4))) run = 0;
    while (number >= usize(load<i32>(job.tiles + (run + 1) * 4))) run++;
    fetchKeys(job, slot, run, head);
    runTile(job, slot, run, number - usize(load<i32>(job.tiles + run * 4)), head, 0, table);
  }
}

/** Some groups; items are ordered head, group. */
export function attentionGradientTask(pointer: usize, task: usize, table: usize): void {
  const job = changetype<Attention>(pointer);
  const slot = slotOf(job, task);
  const end = (job.items * (task + 1)) / job.tasks;
  for (let item = (job.items * task) / job.tasks; item < end; item++) {
    const group = item % job.groupCount;
    const head = item / job.groupCount;
    const part = job.parts + group * 2 * job.prefix * job.keyValueHeads * job.hd * 4;
    const last = usize(load<i32>(job.groups + (group + 1) * 4));
    for (let run = usize(load<i32>(job.groups + group * 4)); run < last; run++) {
      const tiles = usize(load<i32>(job.tiles + (run + 1) * 4) - load<i32>(job.tiles + run * 4));
      fetchKeys(job, slot, run, head);
      for (let number: usize = 0; number < tiles; number++) {
        runTile(job, slot, run, number, head, part, table);
      }
    }
  }
}

/** Adds what the groups give to the prefix to its gradients, in the groups' order: some of the numbers. */
export function attentionPrefixTask(pointer: usize, task: usize): void {
  const job = changetype<Attention>(pointer);
  const count = job.prefix * job.keyValueHeads * job.hd;
  const start = ((count * task) / job.tasks) * 4;
  const end = ((count * (task + 1)) / job.tasks) * 4;
  for (let group: usize = 0; group < job.groupCount; group++) {
    const part = job.parts + group * 2 * count * 4;
    for (let i = start; i < end; i += 4) {
      store<f32>(job.dk + i, load<f32>(job.dk + i) + load<f32>(part + i));
      store<f32>(job.dv + i, load<f32>(job.dv + i) + load<f32>(part + count * 4 + i));
    }
  }
}
