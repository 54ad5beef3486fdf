import * as tf from '@tensorflow/tfjs-core';
import type { SampledToken } from './sampling.js';

/** Probabilities are added up within blocks of this many, and the blocks with each other: float32 loses nothing that way. */
const BLOCK = 512;

/**
 * Chooses tokens where the logits are, for large vocabularies: two numbers a row come back instead of all of them.
 * No truncation and no penalty; otherwise as `tokenSampler`.
 *
 * @param logits [B, V]
 * @param temperature 0 takes the most probable token.
 * @param banned ids never chosen.
 * @param uniforms [B] in [0, 1).
 */
export async function sampleOnDevice(
  logits: tf.Tensor2D,
  temperature: number,
  banned: ReadonlySet<number>,
  uniforms: readonly number[],
): Promise<SampledToken[]> {
  const [rows, vocabulary] = logits.shape;
  const { tokens, logProbs } = tf.tidy(() => {
    const scaled =
      temperature === 0 || temperature === 1 ? logits : (tf.div(logits, temperature) as tf.Tensor2D);
    const bias = new Float32Array(vocabulary);
    for (const id of banned) bias[id] = Number.NEGATIVE_INFINITY;
    const allowed = tf.add(scaled, tf.tensor2d(bias, [1, vocabulary])) as tf.Tensor2D;
    const tokens = temperature === 0 ? tf.argMax(allowed, 1) : inverseCdf(tf.softmax(allowed), uniforms);
    const places = tf.add(
      tf.tensor1d(
        Int32Array.from({ length: rows }, (_, row) => row * vocabulary),
        'int32',
      ),
      tokens,
    );
    const chosen = tf.gather(tf.reshape(scaled, [-1]), places);
    return { tokens, logProbs: tf.sub(chosen, tf.logSumExp(scaled, 1)) };
  });
  const [ids, values] = await Promise.all([tokens.data(), logProbs.data()]);
  tf.dispose([tokens, logProbs]);
  return Array.from(ids, (token, row) => ({ token, logProb: values[row] as number }));
}

/** The first token of every row at which the cumulative probability passes the uniform number. */
function inverseCdf(probabilities: tf.Tensor2D, uniforms: readonly number[]): tf.Tensor1D {
  const [rows, vocabulary] = probabilities.shape;
  const blocks = Math.ceil(vocabulary / BLOCK);
  const padded = tf.reshape(
    tf.pad(probabilities, [
      [0, 0],
      [0, blocks * BLOCK - vocabulary],
    ]),
    [rows, blocks, BLOCK],
  );
  const blockSums = tf.sum(padded, 2) as tf.Tensor2D;
  const passed = tf.cumsum(blockSums, 1);
  const total = tf.slice(passed, [0, blocks - 1], [rows, 1]);
  const target = tf.mul(total, tf.tensor2d(Float32Array.from(uniforms, below), [rows, 1]));
  const block = tf.sum(tf.cast(tf.lessEqual(passed, target), 'int32'), 1) as tf.Tensor1D;
  const starts = tf.tensor1d(
    Int32Array.from({ length: rows }, (_, row) => row * blocks),
    'int32',
  );
  const places = tf.add(starts, block) as tf.Tensor1D;
  const inside = tf.gather(tf.reshape(padded, [rows * blocks, BLOCK]), places) as tf.Tensor2D;
  const before = tf.gather(tf.reshape(tf.sub(passed, blockSums), [-1]), places);
  const within = tf.cumsum(inside, 1);
  // What is left may exceed the block's own sum by a rounding error; the last token with a probability is meant then.
  const sum = tf.slice(within, [0, BLOCK - 1], [rows, 1]);
  const rest = tf.minimum(tf.sub(target, tf.reshape(before, [rows, 1])), tf.mul(sum, 1 - 2 ** -20));
  const offset = tf.sum(tf.cast(tf.lessEqual(within, tf.maximum(rest, 0)), 'int32'), 1);
  return tf.add(tf.mul(block, tf.scalar(BLOCK, 'int32')), offset) as tf.Tensor1D;
}

/** Uniform numbers close to 1 must not round up to it. */
function below(uniform: number): number {
  return Math.min(uniform, 1 - 2 ** -20);
}
