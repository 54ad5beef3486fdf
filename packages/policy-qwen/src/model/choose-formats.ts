import * as tf from '@tensorflow/tfjs-core';
import type { WeightFormat } from '../formats.js';
import { hasPackedKernels } from './packed-weight.js';

/** How weights are held and multiplied; see `PolicyOptions`. */
export interface StorageOptions {
  readonly weights?: WeightFormat;
  readonly activations?: 'float32' | 'bfloat16';
  readonly cache?: 'float32' | 'bfloat16';
}

/** What is known of a parameter before it is read. */
export interface ParameterPlan {
  readonly name: string;
  /** As published. */
  readonly shape: readonly number[];
  readonly trained: boolean;
  /** How the file holds it. */
  readonly stored: WeightFormat;
}

/** Matrices of which rows are taken. */
const readByRow = new Set(['model.embed_tokens.weight', 'visual.pos_embed.weight']);

/** Smaller matrices stay in bfloat16 where 4 bits are requested. */
const FEW_NUMBERS = 4096;

/**
 * How each parameter is held: vectors and what is trained in float32, other matrices as asked; by default as their file has
 * them, where the engine can multiply that.
 *
 * Where 4 bits are requested, embeddings and head get 8 (a tied head is read row by row, and 4 bits cost most accuracy there),
 * and matrices of less than 4096 numbers 16.
 *
 * @throws RangeError when the engine cannot do what is asked, or an option would have no effect.
 */
export function chooseFormats(
  parameters: readonly ParameterPlan[],
  { weights, activations, cache }: StorageOptions,
): ReadonlyMap<string, WeightFormat> {
  const packed = hasPackedKernels();
  const backend = tf.getBackend();
  if (weights !== undefined && weights !== 'float32' && !packed) {
    throw new RangeError(
      `QwenPolicy: weights is "${weights}", but the engine "${backend}" multiplies float32 only; expected "float32".`,
    );
  }
  if (cache === 'bfloat16' && !(packed && tf.getKernel('CppoDecoderToken', backend))) {
    throw new RangeError(
      `QwenPolicy: cache is "bfloat16", but the engine "${backend}" lacks the kernel for it; expected "float32".`,
    );
  }
  const formats = new Map(
    parameters.map((parameter) => [parameter.name, chooseFormat(parameter, weights, packed)]),
  );
  const narrow = [...formats.values()].some((format) => format !== 'float32');
  if (weights !== undefined && weights !== 'float32' && !narrow) {
    throw new RangeError(
      `QwenPolicy: weights is "${weights}", but all weights are trained, in float32; expected "float32", or frozen weights (lora, trainVision or trainable).`,
    );
  }
  if (activations === 'bfloat16' && !narrow) {
    throw new RangeError(
      'QwenPolicy: activations is "bfloat16", but all weights are float32; expected frozen weights in "bfloat16", "int8" or "nf4".',
    );
  }
  return formats;
}

/** @param packed whether the engine multiplies other weights than float32. */
export function chooseFormat(
  { name, shape, trained, stored }: ParameterPlan,
  weights: WeightFormat | undefined,
  packed: boolean,
): WeightFormat {
  if (shape.length === 1 || trained) return 'float32';
  if (weights === undefined) return packed ? stored : 'float32';
  // What the file has in 4 bits is not rounded a second time.
  if (weights !== 'nf4' || stored === 'nf4') return weights;
  if (readByRow.has(name) || name === 'lm_head.weight') return 'int8';
  return shape.reduce((size, side) => size * side, 1) < FEW_NUMBERS ? 'bfloat16' : 'nf4';
}
