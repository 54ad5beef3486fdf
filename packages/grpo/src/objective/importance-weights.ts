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

/** The defaults of `importanceWeights`. */
export const importanceWeightDefaults = {
  level: 'token',
  mode: 'truncate',
  min: 0,
  max: 5,
} as const satisfies Required<ImportanceWeightOptions>;

const defaults = importanceWeightDefaults;
const schema = z
  .strictObject({
    level: z.enum(['token', 'sequence']).default(defaults.level),
    mode: z.enum(['truncate', 'mask']).default(defaults.mode),
    min: z.number().min(0).default(defaults.min),
    max: z.number().positive().default(defaults.max),
  })
  .refine(({ min, max }) => min <= max, { message: 'min is above max' });

export type ResolvedImportanceWeightOptions = z.output<typeof schema>;

export function resolveImportanceWeightOptions(caller: string, options: ImportanceWeightOptions) {
  return parseOptions(caller, schema, options);
}

/**
 * Computes weights that correct for a sampler whose log-probabilities differ from the trainer's for the same
 * policy (another engine, another precision, older weights): truncated importance sampling.
 *
 *   w = exp(ℓ_trainer − ℓ_sampler), truncated or masked;   at level `sequence` the exponent is summed over T
 *
 * @param trainerLogProbs [B, T] nats, ℓ_old computed by the trainer before the update.
 * @param samplerLogProbs [B, T] nats, recorded at sampling. NaN (unknown) counts as equal to the trainer's.
 * @param mask [B, T] 1 on completion tokens.
 * @param options level, mode and bounds; w is truncated to [0, 5] by default.
 * @returns [B, T] (1 on padding) or [B, 1]; intended as a constant: pass inputs without gradient.
 * @throws RangeError when an option is out of range.
 * @example
 * const trainer = tf.log(tf.tensor2d([[0.5, 0.8]]));
 * const sampler = tf.log(tf.tensor2d([[0.5, 0.1]]));
 * importanceWeights(trainer, sampler, tf.ones([1, 2])); // [[1, 5]]
 * importanceWeights(trainer, sampler, tf.ones([1, 2]), { mode: 'mask' }); // [[1, 0]]
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
