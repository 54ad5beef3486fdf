import { constant } from '@cppo/tape';
import * as tf from '@tensorflow/tfjs-core';
import type { WeightFormat } from '../formats.js';
import { differentiable, isTrained } from './differentiable.js';
import type { Weight, WeightOperands } from './weight.js';

/** A format other than float32. */
export type PackedFormat = Exclude<WeightFormat, 'float32'>;

/** Attributes of a weight for the kernels. */
export interface PackedAttributes {
  readonly format: PackedFormat;
  readonly rows: number;
  readonly columns: number;
}

const kernels = ['CppoPackedProduct', 'CppoPackedInputGradient', 'CppoPackedRows', 'CppoPack'] as const;

/** Whether the engine multiplies packed weights; @cppo/engine registers the kernels on those that can. */
export function hasPackedKernels(): boolean {
  return kernels.every((name) => tf.getKernel(name, tf.getBackend()) !== undefined);
}

/** Tensors of a packed weight: int32 words, and float32 scales unless its format is bfloat16. */
export interface PackedTensors {
  readonly words: tf.Tensor;
  readonly scales?: tf.Tensor | undefined;
}

/**
 * Stores float32 numbers narrowly.
 *
 * - `bfloat16`: rounded to nearest, ties to even
 * - `int8`: q·s with s = max|w|/127 over each row
 * - `nf4`: the nearest of 16 values times the largest magnitude of each 64 numbers (arXiv:2305.14314)
 */
export function pack(x: tf.Tensor2D, format: PackedFormat): PackedTensors {
  const [rows, columns] = x.shape;
  return runPack({ x }, { from: 'float32', format, rows, columns });
}

/** The same from words of bfloat16 numbers. */
export function packAgain(words: tf.Tensor, attributes: PackedAttributes): PackedTensors {
  return runPack({ words }, { from: 'bfloat16', ...attributes });
}

function runPack(inputs: tf.NamedTensorMap, attributes: PackedAttributes & { readonly from: string }) {
  const [words, scales] = tf.engine().runKernel('CppoPack', inputs, { ...attributes }) as tf.Tensor[];
  return { words: words as tf.Tensor, scales };
}

/** A frozen weight that is stored in fewer than 32 bits a number. */
export class PackedWeight implements Weight {
  readonly variable = undefined;
  readonly trained = undefined;
  readonly shape: readonly [number, number];
  readonly #attributes: PackedAttributes;
  readonly #rounded: boolean;
  #tensors: PackedTensors;

  /**
   * @param tensors become its own.
   * @param rounded whether products are those of bfloat16 numbers: x and W rounded, sums in float32.
   */
  constructor(tensors: PackedTensors, attributes: PackedAttributes, rounded: boolean) {
    this.#tensors = kept(tensors);
    this.#attributes = attributes;
    this.#rounded = rounded;
    this.shape = [attributes.rows, attributes.columns];
  }

  get format(): PackedFormat {
    return this.#attributes.format;
  }

  get size(): number {
    return this.shape[0] * this.shape[1];
  }

  get bytes(): number {
    const { words, scales } = this.#tensors;
    return 4 * (words.size + (scales?.size ?? 0));
  }

  get operands(): WeightOperands {
    const { words, scales } = this.#tensors;
    return { values: words, scales, packed: this.#attributes, rounded: this.#rounded };
  }

  product(x: tf.Tensor2D, bias?: tf.Tensor1D): tf.Tensor2D {
    const trained = bias && isTrained(bias) ? [bias] : [];
    return differentiable<tf.Tensor2D>(
      [x, ...trained],
      [],
      () => this.#run('CppoPackedProduct', bias ? { x, bias } : { x }),
      (dy) => [this.inputGradient(dy), ...trained.map(() => tf.sum(dy, 0))],
    );
  }

  inputGradient(dy: tf.Tensor2D): tf.Tensor2D {
    return this.#run('CppoPackedInputGradient', { dy });
  }

  rows(ids: tf.Tensor1D): tf.Tensor2D {
    return constant(() => this.#run('CppoPackedRows', { ids }));
  }

  dense(from = 0, to = this.shape[0]): tf.Tensor2D {
    return tf.tidy(() => this.rows(tf.range(from, to, 1, 'int32')));
  }

  add(update: tf.Tensor2D): void {
    const sum: tf.Tensor2D = tf.tidy(() => tf.add(this.dense(), update));
    const tensors = pack(sum, this.format);
    sum.dispose();
    this.dispose();
    this.#tensors = kept(tensors);
  }

  dispose(): void {
    const { words, scales } = this.#tensors;
    tf.dispose([words, ...(scales ? [scales] : [])]);
  }

  #run(kernel: (typeof kernels)[number], inputs: tf.NamedTensorMap): tf.Tensor2D {
    const { words, scales } = this.#tensors;
    const all = { ...inputs, words, ...(scales && { scales }) };
    const attributes = { ...this.#attributes, rounded: this.#rounded };
    return tf.engine().runKernel(kernel, all, attributes) as tf.Tensor2D;
  }
}

function kept({ words, scales }: PackedTensors): PackedTensors {
  return { words: tf.keep(words), scales: scales && tf.keep(scales) };
}
