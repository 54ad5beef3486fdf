import * as tf from '@tensorflow/tfjs-core';
import type { WeightFormat } from '../formats.js';
import { DenseWeight, Vector } from './dense-weight.js';
import { PackedWeight, pack } from './packed-weight.js';
import { createVariable, type NamedParameter, variableShape } from './variables.js';
import type { Parameter } from './weight.js';

/** How a parameter is to be held. */
export interface Storage {
  readonly format: WeightFormat;
  readonly trainable: boolean;
  /** Whether products with it are those of bfloat16 numbers, where it is packed. */
  readonly rounded: boolean;
}

/** A vector or a matrix of float32. */
export function parameterOf(variable: tf.Variable): Parameter {
  return variable.rank === 1 ? new Vector(variable) : new DenseWeight(variable as tf.Tensor as tf.Tensor2D);
}

/** Holds float32 numbers as they are to be held. */
export function storeParameter(
  parameter: NamedParameter,
  { format, trainable, rounded }: Storage,
): Parameter {
  if (format === 'float32') return parameterOf(createVariable(parameter, trainable));
  const [rows, columns] = variableShape(parameter.name, parameter.shape) as [number, number];
  const x = tf.tensor2d(parameter.data, [rows, columns]);
  try {
    return new PackedWeight(pack(x, format), { format, rows, columns }, rounded);
  } finally {
    x.dispose();
  }
}
