import * as tf from '@tensorflow/tfjs-core';
import { sampleOnDevice } from './device-sampling.js';
import type { Uniform } from './random.js';
import { type SampledToken, type SamplingOptions, sampleToken } from './sampling.js';

/** A completion that wants its next token. */
export interface Chooser {
  /** Row of the logits that predicts it. */
  readonly row: number;
  /** Ids that occurred, for the penalty. */
  readonly seen: ReadonlySet<number>;
  readonly uniform: Uniform;
}

/** From this vocabulary size on, tokens are chosen on the device if nothing but the temperature shapes the distribution. */
const DEVICE_FROM = 4096;

/**
 * The next token of some completions.
 *
 * @param logits [rows, V]; disposed.
 */
export async function chooseTokens(
  logits: tf.Tensor2D,
  choosers: readonly Chooser[],
  options: SamplingOptions,
  banned: ReadonlySet<number>,
): Promise<SampledToken[]> {
  const vocabulary = logits.shape[1];
  const { topK, topP, minP, repetitionPenalty, temperature } = options;
  const plain = topK === 0 && topP === 1 && minP === 0 && repetitionPenalty === 1;
  if (plain && vocabulary >= DEVICE_FROM) {
    const rows = tf.tensor1d(
      choosers.map(({ row }) => row),
      'int32',
    );
    const wanted = tf.gather(logits, rows) as tf.Tensor2D;
    tf.dispose([rows, logits]);
    try {
      return await sampleOnDevice(
        wanted,
        temperature,
        banned,
        choosers.map(({ uniform }) => uniform()),
      );
    } finally {
      wanted.dispose();
    }
  }
  const values = (await logits.data()) as Float32Array;
  logits.dispose();
  return choosers.map(({ row, seen, uniform }) =>
    sampleToken(values.subarray(row * vocabulary, (row + 1) * vocabulary), options, seen, banned, uniform),
  );
}
