import { parseOptions } from '@cppo/checked-options';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';

export interface ImportanceWeightOptions {
  /** One weight per token, or one per completion: exp of the summed difference. Default `token`. */
  readonly level?: 'token' | 'sequence';
  /** Weights out of bounds are clamped (`truncate`), or 0: the tokens are left out (`mask`). Default `truncate`. */
  readonly mode?: 'truncate' | 'mask';
  /** Smallest weight. Default 0. */
  readonly min?: number;
  /** Largest weight. Default 5 (AReaL's cap). */
  readonly max?: number;
}

const schema = z
  .strictObject({
    level: z.enum(['token', 'sequence']).default('token'),
    mode: z.enum(['truncate', 'mask']).default('truncate'),
    min: z.number().min(0).default(0),
    max: z.number().positive().default(5),
  })
  .refine(({ min, max }) => min <= max, { message: 'min is above max' });

export type ResolvedImportanceWeightOptions = z.output<typeof schema>;

export function resolveImportanceWeightOptions(caller: string, options: ImportanceWeightOptions) {
  return parseOptions(caller, schema, options);
}

/**
 * Weights that correct for a sampler whose log-probabilities differ from the trainer's for the same policy (another
 * engine, another precision, older weights): truncated importance sampling.
 *
 *   w = exp(ℓ_trainer − ℓ_sampler), summed over the completion first at level `sequence`, then truncated or masked
 *
 * @param trainerLogProbs [B, T] nats, ℓ_old computed by the trainer before the update.
 * @param samplerLogProbs [B, T] nats, recorded at sampling. NaN (unknown) counts as equal to the trainer's.
 * @param mask            [B, T] 1 on completion tokens.
 * @returns [B, T] (1 on padding) or [B, 1]; carries no gradient to speak of: feed it constants.
 * @throws RangeError when an option is out of range.
 */
export function importanceWeights(
  trainerLogProbs: tf.Tensor2D,
  samplerLogProbs: tf.Tensor2D,
  mask: tf.Tensor2D,
  options: ImportanceWeightOptions = {},
): tf.Tensor2D {
  const { level, mode, min, max } = resolveImportanceWeightOptions('importanceWeights', options);
  const difference = tf.sub(trainerLogProbs, samplerLogProbs);
  const known = tf.mul(tf.where(tf.isNaN(difference), tf.zerosLike(difference), difference), mask);
  const weights = tf.exp(level === 'token' ? known : tf.sum(known, 1, true)) as tf.Tensor2D;
  if (mode === 'truncate') return tf.clipByValue(weights, min, max);
  const inside = tf.logicalAnd(tf.greaterEqual(weights, min), tf.lessEqual(weights, max));
  return tf.mul(weights, tf.cast(inside, 'float32'));
}
