import * as tf from '@tensorflow/tfjs-core';
import type { RotaryTable } from '../model/kernels.js';
import type { QwenModel } from '../model/model.js';
import type { DecoderLayerWeights } from '../model/weights.js';
import type { BranchDecoder } from './branch-decoder.js';
import type { BranchGrid } from './branches.js';
import { placement } from './placement.js';
import { GrowingSegments, type PromptSegments, type Segment } from './segments.js';

/** A kernel for a token through the whole decoder, which an engine may have; @cppo/engine registers it on wasm and on native TensorFlow. */
const KERNEL = 'CppoDecoderToken';

/** One call a token. Branches' keys and values of all layers stand in one segment, [layers·P·KV·width, tokens, hd]. */
export class FusedDecoder implements BranchDecoder {
  readonly #model: QwenModel;
  readonly #prompts: PromptSegments;
  readonly #own = new GrowingSegments();
  readonly #weights: tf.NamedTensorMap;

  /** Whether the engine has the kernel, and the layers are what it knows. */
  static fits({ weights }: QwenModel): boolean {
    return tf.getKernel(KERNEL, tf.getBackend()) !== undefined && weights.layers.every(isPlain);
  }

  constructor(model: QwenModel, prompts: PromptSegments) {
    this.#model = model;
    this.#prompts = prompts;
    const { embedding, norm, head, layers } = model.weights;
    this.#weights = { embedding, norm, head, ...ofLayers(layers.map(tensorsOf)) };
  }

  decode(grid: BranchGrid, tokens: readonly number[], { cos, sin }: RotaryTable): tf.Tensor2D {
    const { text } = this.#model.config;
    const { headDimension: hd, heads, keyValueHeads, layers, normEpsilon: epsilon } = text;
    const rows = tokens.length;
    const empty = tf.zeros([layers * keyValueHeads * grid.slots, 0, hd]) as tf.Tensor3D;
    const nothing: Segment = { keys: empty, values: empty };
    const { long = nothing, short = nothing } = this.#own;
    const [logits, keys, values] = tf.engine().runKernel(
      KERNEL,
      {
        ...this.#weights,
        ...ofLayers(this.#prompts.layers.map((s) => ({ prefixKeys: s.keys, prefixValues: s.values }))),
        tokens: tf.tensor1d(Int32Array.from(tokens), 'int32'),
        prefixBias: this.#prompts.bias ?? tf.zeros([1, 1, 1, 1]),
        ...{ longKeys: long.keys, longValues: long.values, shortKeys: short.keys, shortValues: short.values },
        resultRows: tf.tensor2d(placement(grid, text).resultRows, [rows, heads], 'int32'),
        ...{ cos, sin },
      },
      { epsilon, layers },
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
  }
}

/** All weights as they are: no adapters, biases where the published models have them. */
function isPlain({ q, k, v, o, gate, up, down }: DecoderLayerWeights): boolean {
  const plain = [q, k, v, o, gate, up, down].every(({ adapter }) => adapter === undefined);
  return plain && [q, k, v].every(({ bias }) => bias) && [o, gate, up, down].every(({ bias }) => !bias);
}

function tensorsOf({ inputNorm, q, k, v, o, attentionNorm, gate, up, down }: DecoderLayerWeights) {
  return {
    ...{ inputNorm, q: q.weight, k: k.weight, v: v.weight, o: o.weight },
    ...{ qBias: q.bias as tf.Tensor, kBias: k.bias as tf.Tensor, vBias: v.bias as tf.Tensor },
    ...{ attentionNorm, gate: gate.weight, up: up.weight, down: down.weight },
  };
}

/** `0.q` for the first layer's q. */
function ofLayers(layers: readonly tf.NamedTensorMap[]): tf.NamedTensorMap {
  return Object.fromEntries(
    layers.flatMap((tensors, i) => Object.entries(tensors).map(([name, x]) => [`${i}.${name}`, x])),
  );
}
