import * as tf from '@tensorflow/tfjs-core';
import type { QwenTextConfig } from '../config.js';
import { decoderLayer } from '../model/decoder.js';
import type { RotaryTable } from '../model/kernels.js';
import { attendToSets, type KeySet } from '../model/key-sets.js';
import { logitsOf, type QwenModel } from '../model/model.js';
import type { BranchDecoder } from './branch-decoder.js';
import type { BranchGrid } from './branches.js';
import { placement } from './placement.js';
import { GrowingSegments, type PromptSegments } from './segments.js';

/** One operation after another, on every engine and with adapters. */
export class LayerwiseDecoder implements BranchDecoder {
  readonly #model: QwenModel;
  readonly #prompts: PromptSegments;
  readonly #own: readonly GrowingSegments[];

  constructor(model: QwenModel, prompts: PromptSegments) {
    this.#model = model;
    this.#prompts = prompts;
    this.#own = prompts.layers.map(() => new GrowingSegments());
  }

  decode(grid: BranchGrid, tokens: readonly number[], rotary: RotaryTable): tf.Tensor2D {
    const { config, weights } = this.#model;
    const places = placementTensors(grid, config.text);
    let x = weights.embedding.rows(tf.tensor1d(Int32Array.from(tokens), 'int32'));
    weights.layers.forEach((layer, index) => {
      const states = x;
      // States before the layer and all between are gone then, so that depth costs no memory.
      x = tf.tidy(() =>
        decoderLayer(states, layer, config.text, rotary, (q, k, v) => this.#attend(index, q, k, v, places)),
      );
      states.dispose();
    });
    return logitsOf(this.#model, x);
  }

  selectBranches(rows: tf.Tensor1D): void {
    for (const segments of this.#own) segments.select(rows);
  }

  dispose(): void {
    for (const segments of this.#own) segments.dispose();
  }

  /** Appends and attends; q [N, heads·hd] rotated, k and v [N, KV·hd]. */
  #attend(
    layer: number,
    q: tf.Tensor2D,
    k: tf.Tensor2D,
    v: tf.Tensor2D,
    { queryRows, keyRows, resultRows }: PlacementTensors,
  ): tf.Tensor2D {
    const hd = this.#model.config.text.headDimension;
    const own = this.#own[layer] as GrowingSegments;
    const gathered = (x: tf.Tensor, rows: tf.Tensor): tf.Tensor3D =>
      tf.gather<tf.Tensor>(tf.reshape(x, [-1, hd]), rows as tf.Tensor1D) as tf.Tensor3D;
    own.append({ keys: gathered(k, keyRows), values: gathered(v, keyRows) });
    const queries = tf.mul(gathered(q, queryRows), hd ** -0.5) as tf.Tensor3D;
    const prefix = this.#prompts.layers[layer] as KeySet;
    const sets: KeySet[] = [{ ...prefix, bias: this.#prompts.bias }];
    for (const segment of [own.long, own.short]) if (segment) sets.push({ ...segment, bias: undefined });
    return tf.reshape(gathered(attendToSets(queries, sets), resultRows), q.shape);
  }
}

type PlacementTensors = Record<'queryRows' | 'keyRows' | 'resultRows', tf.Tensor2D>;

/** Belongs to the caller's tidy. */
function placementTensors(grid: BranchGrid, config: QwenTextConfig): PlacementTensors {
  const { heads, keyValueHeads: kv } = config;
  const { queryRows, keyRows, resultRows } = placement(grid, config);
  const prompts = grid.rows.length;
  return {
    queryRows: tf.tensor2d(queryRows, [prompts * kv, (grid.width * heads) / kv], 'int32'),
    keyRows: tf.tensor2d(keyRows, [prompts * kv * grid.width, 1], 'int32'),
    resultRows: tf.tensor2d(resultRows, [grid.places.length, heads], 'int32'),
  };
}
