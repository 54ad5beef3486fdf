import type * as tf from '@tensorflow/tfjs-core';
import type { Array64 } from './float64.js';

/** One computation, as an engine does it and as float64 does. */
export interface ConformanceCase {
  /** Of the kernel or operation. */
  readonly kernel: string;
  readonly detail: string;
  /** Shapes of the inputs, which are filled with numbers between −1 and 1. */
  readonly shapes: readonly (readonly number[])[];
  run(inputs: tf.Tensor[]): tf.Tensor;
  reference(inputs: Array64[]): Array64;
  /** Applied to the inputs first, to keep them where the operation is defined. */
  readonly domain?: (value: number) => number;
  /** False for operations without a gradient. Default true. */
  readonly differentiable?: boolean;
  /** Largest relative difference where a number may be rounded one way or the other, if it is more than the engine's. */
  readonly tolerance?: number;
  /** Kernels beyond TensorFlow.js's own that it takes; where one is absent the case does not apply. */
  readonly requires?: readonly string[];
}
