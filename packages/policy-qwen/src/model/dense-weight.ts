import * as tf from '@tensorflow/tfjs-core';
import { differentiable, isTrained } from './differentiable.js';
import type { Parameter, Weight, WeightOperands } from './weight.js';

/** A vector of float32: a norm or a bias. */
export class Vector implements Parameter {
  readonly format = 'float32';

  constructor(readonly variable: tf.Variable) {}

  get shape(): readonly number[] {
    return this.variable.shape;
  }

  get size(): number {
    return this.variable.size;
  }

  get bytes(): number {
    return 4 * this.size;
  }

  dense(): tf.Tensor {
    return tf.clone<tf.Tensor>(this.variable);
  }

  dispose(): void {
    this.variable.dispose();
  }
}

/** A weight of float32. */
export class DenseWeight implements Weight {
  readonly format = 'float32';
  readonly #tensor: tf.Tensor2D;

  /** @param tensor [out, in]; a variable is frozen when it says so, another tensor receives a gradient. */
  constructor(tensor: tf.Tensor2D) {
    this.#tensor = tensor;
  }

  get shape(): readonly [number, number] {
    return this.#tensor.shape;
  }

  get size(): number {
    return this.#tensor.size;
  }

  get bytes(): number {
    return 4 * this.size;
  }

  get variable(): tf.Variable | undefined {
    const tensor: tf.Tensor = this.#tensor;
    return tensor instanceof tf.Variable ? tensor : undefined;
  }

  get trained(): tf.Tensor2D | undefined {
    return isTrained(this.#tensor) ? this.#tensor : undefined;
  }

  get operands(): WeightOperands {
    return { values: this.#tensor, rounded: false };
  }

  product(x: tf.Tensor2D, bias?: tf.Tensor1D): tf.Tensor2D {
    const weight = this.#tensor;
    const trained = [weight, ...(bias ? [bias] : [])].filter(isTrained);
    return differentiable<tf.Tensor2D>(
      [x, ...trained],
      // A frozen layer's gradient does not need its input: with adapters that is half of all activations.
      isTrained(weight) ? [x] : [],
      () => {
        if (!bias) return tf.matMul(x, weight, false, true);
        // The product adds the bias while its result is at hand.
        const attributes = { transposeA: false, transposeB: true, activation: 'linear' };
        return tf.engine().runKernel(tf._FusedMatMul, { a: x, b: weight, bias }, attributes) as tf.Tensor2D;
      },
      (dy, [x]) => [
        tf.matMul(dy, weight),
        ...trained.map((tensor) =>
          tensor.rank === 1 ? tf.sum(dy, 0) : tf.matMul(dy, x as tf.Tensor2D, true, false),
        ),
      ],
    );
  }

  inputGradient(dy: tf.Tensor2D): tf.Tensor2D {
    return tf.matMul(dy, this.#tensor);
  }

  rows(ids: tf.Tensor1D): tf.Tensor2D {
    return tf.gather(this.#tensor, ids);
  }

  dense(from = 0, to = this.shape[0]): tf.Tensor2D {
    return tf.slice(this.#tensor, [from, 0], [to - from, -1]);
  }

  add(update: tf.Tensor2D): void {
    const { variable } = this;
    if (!variable) throw new TypeError('DenseWeight.add: the weight is no variable.');
    tf.tidy(() => variable.assign(tf.add(variable, update)));
  }

  dispose(): void {
    this.#tensor.dispose();
  }
}
