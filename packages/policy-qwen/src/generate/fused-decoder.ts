import * as tf from '@tensorflow/tfjs-core';
import type { RotaryTable } from '../model/kernels.js';
import type { LinearWeights } from '../model/linear.js';
import type { QwenModel } from '../model/model.js';
import type { Weight, WeightOperands } from '../model/weight.js';
import type { DecoderLayerWeights } from '../model/weights.js';
import type { BranchDecoder } from './branch-decoder.js';
import type { BranchGrid } from './branches.js';
import { placement } from './placement.js';
import { GrowingSegments, type PromptSegments, type Segment } from './segments.js';

/** A kernel for a token through the whole decoder, which an engine may have; @cppo/engine registers it on wasm and on native TensorFlow. */
const KERNEL = 'CppoDecoderToken';

/** One call per token. Keys and values of all layers and branches are in one segment, [layers·P·KV·width, tokens, hd]. */
export class FusedDecoder implements BranchDecoder {
  readonly #model: QwenModel;
  readonly #prompts: PromptSegments;
  readonly #own = new GrowingSegments();
  readonly #weights = new DecoderOperands();

  /** Whether the engine has the kernel, and there is nothing in the layers that it does not know. */
  static fits({ weights }: QwenModel): boolean {
    return tf.getKernel(KERNEL, tf.getBackend()) !== undefined && !weights.layers.some(dropsOut);
  }

  /** @param prompts with keys and values of the type that the branches' are to have. */
  constructor(model: QwenModel, prompts: PromptSegments) {
    this.#model = model;
    this.#prompts = prompts;
    const { embedding, norm, head, layers } = model.weights;
    this.#weights.put('norm', norm);
    this.#weights.putWeight('embedding', embedding);
    this.#weights.putWeight('head', head);
    layers.forEach((layer, i) => {
      const { inputNorm, attentionNorm, qNorm, kNorm, ...linears } = layer;
      this.#weights.put(`${i}.inputNorm`, inputNorm);
      this.#weights.put(`${i}.attentionNorm`, attentionNorm);
      if (qNorm) this.#weights.put(`${i}.qNorm`, qNorm);
      if (kNorm) this.#weights.put(`${i}.kNorm`, kNorm);
      for (const [name, linear] of Object.entries(linears)) this.#weights.putLinear(`${i}.${name}`, linear);
    });
  }

  decode(grid: BranchGrid, tokens: readonly number[], { cos, sin }: RotaryTable): tf.Tensor2D {
    const { text } = this.#model.config;
    const { heads, keyValueHeads, layers, normEpsilon: epsilon } = text;
    const rows = tokens.length;
    const [of] = this.#prompts.layers as [Segment, ...Segment[]];
    const { dtype } = of.keys;
    const empty = tf.zeros([layers * keyValueHeads * grid.slots, 0, of.keys.shape[2]], dtype) as tf.Tensor3D;
    const nothing: Segment = { keys: empty, values: empty };
    const { long = nothing, short = nothing } = this.#own;
    const { tensors, packed, rounded } = this.#weights;
    const [logits, keys, values] = tf.engine().runKernel(
      KERNEL,
      {
        ...tensors,
        ...ofLayers(this.#prompts.layers.map((s) => ({ prefixKeys: s.keys, prefixValues: s.values }))),
        tokens: tf.tensor1d(Int32Array.from(tokens), 'int32'),
        prefixBias: this.#prompts.bias ?? tf.zeros([1, 1, 1, 1]),
        ...{ longKeys: long.keys, longValues: long.values, shortKeys: short.keys, shortValues: short.values },
        resultRows: tf.tensor2d(placement(grid, text).resultRows, [rows, heads], 'int32'),
        ...{ cos, sin },
      },
      { epsilon, layers, rounded, packed },
    ) as [tf.Tensor2D, tf.Tensor3D, tf.Tensor3D];
    this.#own.grow({ keys, values });
    return logits;
  }

  selectBranches(rows: tf.Tensor1D, of: number): void {
    const starts = tf.range(0, this.#model.config.text.layers * of, of, 'int32');
    this.#own.select(tf.reshape(tf.add(tf.reshape(starts, [-1, 1]), rows), [-1]));
  }

  dispose(): void {
    this.#own.dispose();
    this.#weights.dispose();
  }
}

/** The weights under the names that the kernel gives them. */
class DecoderOperands {
  readonly tensors: tf.NamedTensorMap = {};
  readonly packed: Record<string, NonNullable<WeightOperands['packed']>> = {};
  rounded = false;
  readonly #made: tf.Tensor[] = [];

  put(name: string, tensor: tf.Tensor): void {
    this.tensors[name] = tensor;
  }

  putWeight(name: string, { operands }: Weight): void {
    this.put(name, operands.values);
    if (operands.scales) this.put(`${name}Scales`, operands.scales);
    if (operands.packed) this.packed[name] = operands.packed;
    this.rounded ||= operands.rounded;
  }

  putLinear(name: string, { weight, bias, adapter }: LinearWeights): void {
    this.putWeight(name, weight);
    if (bias) this.put(`${name}Bias`, bias);
    if (!adapter) return;
    const { up, down, scale } = adapter;
    const scaled = tf.keep(tf.mul(up, scale));
    this.#made.push(scaled);
    this.put(`${name}Down`, down);
    this.put(`${name}Up`, scaled);
  }

  dispose(): void {
    tf.dispose(this.#made);
  }
}

function dropsOut({ q, k, v, o, gate, up, down }: DecoderLayerWeights): boolean {
  return [q, k, v, o, gate, up, down].some(({ adapter }) => adapter?.dropout !== undefined);
}

/** `0.q` for the first layer's q. */
function ofLayers(layers: readonly tf.NamedTensorMap[]): tf.NamedTensorMap {
  return Object.fromEntries(
    layers.flatMap((tensors, i) => Object.entries(tensors).map(([name, x]) => [`${i}.${name}`, x])),
  );
}
