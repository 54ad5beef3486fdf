import * as tf from '@tensorflow/tfjs-core';
import { sampleOnDevice } from './device-sampling.js';
import type { Uniform } from './random.js';
import { probabilitySampler, type SampledToken, type SamplingOptions, tokenSampler } from './sampling.js';

/** Completions that are equal so far and want their next tokens. */
export interface Chooser {
  /** Row of the logits that predicts them. */
  readonly row: number;
  /** Ids that occurred, for the penalty. */
  readonly seen: ReadonlySet<number>;
  /** Of each completion. */
  readonly uniforms: readonly Uniform[];
}

/** From this vocabulary size on, tokens are chosen on the device if nothing but the temperature shapes the distribution. */
const DEVICE_FROM = 4096;

/**
 * The next tokens of some completions.
 *
 * @param logits [rows, V]; disposed.
 * @returns for each chooser a token for each of its completions.
 */
export async function chooseTokens(
  logits: tf.Tensor2D,
  choosers: readonly Chooser[],
  options: SamplingOptions,
  banned: ReadonlySet<number>,
): Promise<SampledToken[][]> {
  const vocabulary = logits.shape[1];
  const { topK, topP, minP, repetitionPenalty, temperature } = options;
  const plain = topK === 0 && topP === 1 && minP === 0 && repetitionPenalty === 1;
  if (plain && vocabulary >= DEVICE_FROM) {
    const rows = tf.tensor1d(
      choosers.flatMap(({ row, uniforms }) => uniforms.map(() => row)),
      'int32',
    );
    const wanted = tf.gather(logits, rows) as tf.Tensor2D;
    tf.dispose([rows, logits]);
    try {
      const drawn = choosers.flatMap(({ uniforms }) => uniforms.map((uniform) => uniform()));
      const tokens = await sampleOnDevice(wanted, temperature, banned, drawn);
      return choosers.map(({ uniforms }) => tokens.splice(0, uniforms.length));
    } finally {
      wanted.dispose();
    }
  }
  // Exponentials are a tenth of the work on the engine.
  const ready = plain && temperature > 0 ? probabilitiesOf(logits, temperature) : logits;
  const values = (await ready.data()) as Float32Array;
  ready.dispose();
  const rowOf = ({ row }: Chooser) => values.subarray(row * vocabulary, (row + 1) * vocabulary);
  if (ready === logits) {
    return choosers.map((chooser) =>
      chooser.uniforms.map(tokenSampler(rowOf(chooser), options, chooser.seen, banned)),
    );
  }
  const allowed = new Float64Array(vocabulary).fill(1);
  for (const id of banned) allowed[id] = 0;
  return choosers.map((chooser) => chooser.uniforms.map(probabilitySampler(rowOf(chooser), allowed)));
}

/** @param logits disposed. */
function probabilitiesOf(logits: tf.Tensor2D, temperature: number): tf.Tensor2D {
  const probabilities = tf.tidy(() =>
    tf.softmax(temperature === 1 ? logits : (tf.div(logits, temperature) as tf.Tensor2D)),
  );
  logits.dispose();
  return probabilities;
}
