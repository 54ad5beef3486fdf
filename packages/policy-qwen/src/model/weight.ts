import type * as tf from '@tensorflow/tfjs-core';
import type { WeightFormat } from '../formats.js';

/** One parameter of the model: a vector (norm, bias) or a matrix. */
export interface Parameter {
  readonly shape: readonly number[];
  /** Numbers in it. */
  readonly size: number;
  readonly format: WeightFormat;
  /** Bytes that it takes. */
  readonly bytes: number;
  /** Its values where they are float32, to be trained or assigned; undefined where they are stored narrowly, which is never trained. */
  readonly variable: tf.Variable | undefined;
  /** Its values as a new float32 tensor. */
  dense(): tf.Tensor;
  dispose(): void;
}

/** Tensors of a weight as the engine's own kernels take them. */
export interface WeightOperands {
  /** [out, in] float32, or the words it is packed in. */
  readonly values: tf.Tensor;
  readonly scales?: tf.Tensor | undefined;
  /** How it is packed; absent for float32. */
  readonly packed?: { readonly format: WeightFormat; readonly rows: number; readonly columns: number };
  /** Whether products with it are those of bfloat16 numbers. */
  readonly rounded: boolean;
}

/** A matrix W [out, in] that multiplies, however it is stored. */
export interface Weight extends Parameter {
  readonly shape: readonly [number, number];
  /** What receives a gradient; undefined when it is frozen. */
  readonly trained: tf.Tensor2D | undefined;
  /**
   * y = x·Wᵀ + b, differentiable in x, in b, and in W where it is trained.
   *
   * @param x [N, in]
   * @param bias [out]
   * @returns [N, out]
   */
  product(x: tf.Tensor2D, bias?: tf.Tensor1D): tf.Tensor2D;
  /** dx = dy·W, the gradient of `product` by x. @param dy [N, out] */
  inputGradient(dy: tf.Tensor2D): tf.Tensor2D;
  /** Rows of W, [N, in], differentiable in W where it is trained. @param ids int32 [N] */
  rows(ids: tf.Tensor1D): tf.Tensor2D;
  /** Rows from ≤ i < to as a new float32 tensor; all by default. */
  dense(from?: number, to?: number): tf.Tensor2D;
  /** W ← W + update, rounded to its format. @param update [out, in] */
  add(update: tf.Tensor2D): void;
  readonly operands: WeightOperands;
}
