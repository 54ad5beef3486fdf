import * as tf from '@tensorflow/tfjs-core';
import { softmaxGradient } from './kernels.js';

/**
 * A set of keys and values that some queries [B, rows, hd] see. It has as many batches as the queries, or G times as
 * many: then each batch of queries is G groups of rows, and every group sees keys of its own.
 */
export interface KeySet {
  /** [B or B·G, keys, hd] */
  readonly keys: tf.Tensor3D;
  readonly values: tf.Tensor3D;
  /** [1 or B(·G), tokens or 1, 1, keys] added to the scores; rows are tokens × equal repeats. */
  readonly bias: tf.Tensor4D | undefined;
}

/** Scores held at once; a few buffers of this many numbers are alive together. */
const SCORES_AT_ONCE = 2 ** 25;

/**
 * Attention with one softmax over several sets of keys, in blocks that keep the scores small.
 *
 * @param queries [B, rows, hd], already scaled by 1/√hd.
 * @param limit scores held at once.
 * @returns [B, rows, hd]
 */
export function attendToSets(
  queries: tf.Tensor3D,
  sets: readonly KeySet[],
  limit = SCORES_AT_ONCE,
): tf.Tensor3D {
  const outputs = blocksOf(queries, sets, limit).map((block) =>
    tf.tidy(() => {
      const q = cutRows(queries, block);
      const local = sets.map((set) => cutSet(set, queries, block));
      const pieces = splitKeys(weights(q, local), local);
      const sums = local.map((set, index) =>
        tf.reshape(tf.matMul(pieces[index] as tf.Tensor3D, set.values), [-1, q.shape[2]]),
      );
      return tf.addN(sums) as tf.Tensor2D;
    }),
  );
  return tf.reshape(joined(outputs), queries.shape);
}

/** Gradients of `attendToSets`; the softmax is computed again. */
export function attendToSetsGradient(
  queries: tf.Tensor3D,
  sets: readonly KeySet[],
  dOutput: tf.Tensor3D,
  limit = SCORES_AT_ONCE,
): { dQueries: tf.Tensor3D; dKeys: tf.Tensor3D[]; dValues: tf.Tensor3D[] } {
  const dQueries: tf.Tensor2D[] = [];
  const dKeys = sets.map(() => new Accumulator());
  const dValues = sets.map(() => new Accumulator());
  for (const block of blocksOf(queries, sets, limit)) {
    const result = tf.tidy(() => {
      const q = cutRows(queries, block);
      const dy = cutRows(dOutput, block);
      const local = sets.map((set) => cutSet(set, queries, block));
      const joint = weights(q, local);
      const dJoint = joined(
        local.map((set) => {
          const product = tf.matMul(asBatches(dy, set), set.values, false, true);
          return tf.reshape(product, [-1, set.keys.shape[1]]) as tf.Tensor2D;
        }),
        1,
      );
      const dScores = splitKeys(softmaxGradient(joint, dJoint), local);
      const joints = splitKeys(joint, local);
      return {
        dQueries: tf.addN(
          local.map((set, index) =>
            tf.reshape(tf.matMul(dScores[index] as tf.Tensor3D, set.keys), [-1, q.shape[2]]),
          ),
        ) as tf.Tensor2D,
        dKeys: local.map((set, index) => transposedProduct(dScores[index], asBatches(q, set))),
        dValues: local.map((set, index) => transposedProduct(joints[index], asBatches(dy, set))),
      };
    });
    dQueries.push(result.dQueries);
    sets.forEach((set, index) => {
      const [start] = batchesOf(set, queries, block);
      dKeys[index]?.add(start, result.dKeys[index] as tf.Tensor3D);
      dValues[index]?.add(start, result.dValues[index] as tf.Tensor3D);
    });
  }
  return {
    dQueries: tf.reshape(joined(dQueries), queries.shape),
    dKeys: dKeys.map((sum) => sum.result()),
    dValues: dValues.map((sum) => sum.result()),
  };
}

/** Some batches with all of their rows, or some rows of one batch. */
interface Block {
  readonly batch: readonly [start: number, size: number];
  readonly row: readonly [start: number, size: number];
}

function blocksOf(queries: tf.Tensor3D, sets: readonly KeySet[], limit: number): Block[] {
  const [batches, rows] = queries.shape;
  const keys = sets.reduce((sum, set) => sum + set.keys.shape[1], 0);
  if (rows * keys <= limit) {
    const size = Math.max(1, Math.floor(limit / (rows * keys)));
    return ranges(batches, size).map((batch) => ({ batch, row: [0, rows] }));
  }
  // Rows of one group stay together if they can; if not, a token's repeats do.
  const groups = Math.max(...sets.map((set) => set.keys.shape[0])) / batches;
  const group = rows / groups;
  const fits = group * keys <= limit;
  const tokens = Math.max(1, ...sets.map((set) => set.bias?.shape[1] ?? 1));
  const unit = fits ? group : group % tokens === 0 ? group / tokens : 1;
  const size = Math.max(1, Math.floor(limit / (unit * keys))) * unit;
  const rowRanges = fits
    ? ranges(rows, size)
    : ranges(rows, group).flatMap(([start]) =>
        ranges(group, size).map(([from, count]) => [start + from, count] as const),
      );
  return ranges(batches, 1).flatMap((batch) => rowRanges.map((row) => ({ batch, row })));
}

function ranges(total: number, size: number): (readonly [start: number, size: number])[] {
  const result: (readonly [number, number])[] = [];
  for (let start = 0; start < total; start += size) result.push([start, Math.min(size, total - start)]);
  return result;
}

function cutRows(x: tf.Tensor3D, { batch, row }: Block): tf.Tensor3D {
  if (batch[1] === x.shape[0] && row[1] === x.shape[1]) return x;
  return tf.slice(x, [batch[0], row[0], 0], [batch[1], row[1], -1]);
}

/** Which batches of a set a block sees. */
function batchesOf(set: KeySet, queries: tf.Tensor3D, { batch, row }: Block): [start: number, size: number] {
  const perBatch = set.keys.shape[0] / queries.shape[0];
  const group = queries.shape[1] / perBatch;
  const first = Math.floor(row[0] / group);
  const last = Math.ceil((row[0] + row[1]) / group);
  return [batch[0] * perBatch + first, batch[1] === 1 ? last - first : batch[1] * perBatch];
}

function cutSet(set: KeySet, queries: tf.Tensor3D, block: Block): KeySet {
  if (block.batch[1] === queries.shape[0] && block.row[1] === queries.shape[1]) return set;
  const [start, size] = batchesOf(set, queries, block);
  const cut = (x: tf.Tensor3D): tf.Tensor3D => tf.slice(x, [start, 0, 0], [size, -1, -1]);
  return { keys: cut(set.keys), values: cut(set.values), bias: cutBias(set, queries, block, start, size) };
}

function cutBias(set: KeySet, queries: tf.Tensor3D, { row }: Block, start: number, size: number) {
  const { bias } = set;
  if (!bias) return undefined;
  const [batches, tokens] = bias.shape;
  const group = (queries.shape[1] * queries.shape[0]) / set.keys.shape[0];
  const repeats = group / tokens;
  const part = tokens > 1 && row[1] < group;
  return tf.slice(
    bias,
    [batches > 1 ? start : 0, part ? (row[0] % group) / repeats : 0, 0, 0],
    [batches > 1 ? size : 1, part ? row[1] / repeats : tokens, 1, -1],
  ) as tf.Tensor4D;
}

function asBatches(x: tf.Tensor, set: KeySet): tf.Tensor3D {
  return tf.reshape(x, [set.keys.shape[0], -1, x.shape[x.rank - 1] as number]);
}

/** [rows, Σ keys] softmax over all key sets together. */
function weights(queries: tf.Tensor3D, sets: readonly KeySet[]): tf.Tensor2D {
  const scores = sets.map((set) => {
    const product = tf.matMul<tf.Tensor3D>(asBatches(queries, set), set.keys, false, true);
    return tf.reshape(set.bias ? addBias(product, set.bias) : product, [
      -1,
      set.keys.shape[1],
    ]) as tf.Tensor2D;
  });
  return tf.softmax(joined(scores, 1));
}

function addBias(scores: tf.Tensor3D, bias: tf.Tensor4D): tf.Tensor {
  const [batches, rows, keys] = scores.shape;
  const tokens = bias.shape[1];
  return tf.add(tf.reshape(scores, [batches, tokens, rows / tokens, keys]), bias);
}

function splitKeys(x: tf.Tensor2D, sets: readonly KeySet[]): tf.Tensor3D[] {
  const sizes = sets.map((set) => set.keys.shape[1]);
  const pieces = sets.length === 1 ? [x] : tf.split(x, sizes, 1);
  return pieces.map((piece, index) => asBatches(piece, sets[index] as KeySet));
}

function transposedProduct(a: tf.Tensor3D | undefined, b: tf.Tensor3D): tf.Tensor3D {
  return tf.matMul(a as tf.Tensor3D, b, true, false);
}

function joined(pieces: readonly tf.Tensor2D[], axis = 0): tf.Tensor2D {
  return pieces.length === 1 ? (pieces[0] as tf.Tensor2D) : tf.concat([...pieces], axis);
}

/** Collects gradients of consecutive batches; those of the same batches are added up. */
class Accumulator {
  readonly #parts: { start: number; sum: tf.Tensor3D }[] = [];

  add(start: number, part: tf.Tensor3D): void {
    const last = this.#parts[this.#parts.length - 1];
    if (last?.start !== start) {
      this.#parts.push({ start, sum: part });
      return;
    }
    const sum = tf.add(last.sum, part) as tf.Tensor3D;
    tf.dispose([last.sum, part]);
    last.sum = sum;
  }

  result(): tf.Tensor3D {
    const sums = this.#parts.map(({ sum }) => sum);
    return sums.length === 1 ? (sums[0] as tf.Tensor3D) : tf.concat(sums, 0);
  }
}
