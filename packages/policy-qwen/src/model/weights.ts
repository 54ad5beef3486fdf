import type * as tf from '@tensorflow/tfjs-core';
import type { QwenConfig } from '../config.js';
import type { LinearWeights, LowRankAdapter } from './linear.js';
import type { Parameter, Weight } from './weight.js';

/** A normalisation: RMS where it has no shift, otherwise by mean and variance. */
export interface NormWeights {
  readonly scale: tf.Tensor1D;
  readonly shift: tf.Tensor1D | undefined;
}

/** Weights of one vision block. */
export interface VisionBlockWeights {
  readonly norm1: NormWeights;
  readonly norm2: NormWeights;
  readonly qkv: LinearWeights;
  readonly projection: LinearWeights;
  /** Only of a gated MLP. */
  readonly gate: LinearWeights | undefined;
  readonly up: LinearWeights;
  readonly down: LinearWeights;
}

/** Weights that make one row for the decoder of the patches of a merge unit. */
export interface MergerWeights {
  /** As long as a patch's states, or as those of a whole unit: that is what it normalises. */
  readonly norm: NormWeights;
  readonly first: LinearWeights;
  readonly second: LinearWeights;
}

/** Weights of the vision tower. */
export interface VisionWeights {
  /** [size, channels·temporal·patch·patch]: the convolution as the linear layer that it is. */
  readonly patchEmbedding: LinearWeights;
  /** [side², size] learned positions. */
  readonly positions: Weight | undefined;
  readonly blocks: readonly VisionBlockWeights[];
  readonly merger: MergerWeights;
  /** One for each of the configuration's `deepBlocks`. */
  readonly deepMergers: readonly MergerWeights[];
}

/** Weights of one decoder layer. */
export interface DecoderLayerWeights {
  readonly inputNorm: tf.Tensor1D;
  readonly q: LinearWeights;
  readonly k: LinearWeights;
  readonly v: LinearWeights;
  readonly o: LinearWeights;
  /** [hd] of the queries and keys of every head, where the family normalises them. */
  readonly qNorm: tf.Tensor1D | undefined;
  readonly kNorm: tf.Tensor1D | undefined;
  readonly attentionNorm: tf.Tensor1D;
  readonly gate: LinearWeights;
  readonly up: LinearWeights;
  readonly down: LinearWeights;
}

/** Weights of the whole model, under the names the forward pass uses. */
export interface ModelWeights {
  readonly vision: VisionWeights;
  /** [V, D] */
  readonly embedding: Weight;
  readonly layers: readonly DecoderLayerWeights[];
  readonly norm: tf.Tensor1D;
  /** [V, D]; the embedding itself when tied. */
  readonly head: Weight;
}

/**
 * Arranges named parameters for the forward pass.
 *
 * @param parameters by published name (see `parameterShapes`); the patch embedding as a matrix.
 * @param adapters low-rank adapters by the name of their layer, e.g. `model.layers.0.self_attn.q_proj`.
 */
export function arrangeWeights(
  config: QwenConfig,
  parameters: ReadonlyMap<string, Parameter>,
  adapters: ReadonlyMap<string, LowRankAdapter>,
): ModelWeights {
  const get = (name: string): Parameter => {
    const parameter = parameters.get(name);
    if (!parameter) throw new RangeError(`arrangeWeights: parameter ${name} is missing.`);
    return parameter;
  };
  const matrix = (name: string): Weight => {
    const parameter = get(name);
    if (!isWeight(parameter)) throw new RangeError(`arrangeWeights: parameter ${name} is not a matrix.`);
    return parameter;
  };
  const vectorIf = (name: string) => parameters.get(name)?.variable as tf.Tensor1D | undefined;
  const vector = (name: string) => get(`${name}.weight`).variable as tf.Tensor as tf.Tensor1D;
  const norm = (name: string): NormWeights => ({ scale: vector(name), shift: vectorIf(`${name}.bias`) });
  const linear = (name: string): LinearWeights => ({
    weight: matrix(`${name}.weight`),
    bias: vectorIf(`${name}.bias`),
    adapter: adapters.get(name),
  });
  const embedding = matrix('model.embed_tokens.weight');
  const { names, mlp, learnedPositions } = config.vision.design;
  const [gate, up, down] = (mlp === 'swiglu' ? names.mlp : [undefined, ...names.mlp]) as MlpNames;
  const merger = (name: string): MergerWeights => ({
    norm: norm(`${name}.${names.mergerNorm}`),
    first: linear(`${name}.${names.mergerFirst}`),
    second: linear(`${name}.${names.mergerSecond}`),
  });
  return {
    vision: {
      patchEmbedding: linear('visual.patch_embed.proj'),
      positions: learnedPositions ? matrix('visual.pos_embed.weight') : undefined,
      blocks: Array.from({ length: config.vision.depth }, (_, block) => {
        const name = `visual.blocks.${block}`;
        return {
          norm1: norm(`${name}.norm1`),
          norm2: norm(`${name}.norm2`),
          qkv: linear(`${name}.attn.qkv`),
          projection: linear(`${name}.attn.proj`),
          gate: gate === undefined ? undefined : linear(`${name}.mlp.${gate}`),
          up: linear(`${name}.mlp.${up}`),
          down: linear(`${name}.mlp.${down}`),
        };
      }),
      merger: merger('visual.merger'),
      deepMergers: config.vision.deepBlocks.map((_, i) => merger(`visual.deepstack_merger_list.${i}`)),
    },
    embedding,
    layers: Array.from({ length: config.text.layers }, (_, layer) => {
      const name = `model.layers.${layer}`;
      return {
        inputNorm: vector(`${name}.input_layernorm`),
        q: linear(`${name}.self_attn.q_proj`),
        k: linear(`${name}.self_attn.k_proj`),
        v: linear(`${name}.self_attn.v_proj`),
        o: linear(`${name}.self_attn.o_proj`),
        qNorm: vectorIf(`${name}.self_attn.q_norm.weight`),
        kNorm: vectorIf(`${name}.self_attn.k_norm.weight`),
        attentionNorm: vector(`${name}.post_attention_layernorm`),
        gate: linear(`${name}.mlp.gate_proj`),
        up: linear(`${name}.mlp.up_proj`),
        down: linear(`${name}.mlp.down_proj`),
      };
    }),
    norm: vector('model.norm'),
    head: config.tied ? embedding : matrix('lm_head.weight'),
  };
}

type MlpNames = readonly [gate: string | undefined, up: string, down: string];

/** The trained variables among the weights of one layer, for recomputing it. */
export function trainedVariables(layer: DecoderLayerWeights | VisionBlockWeights): tf.Variable[] {
  const found: (tf.Tensor | undefined)[] = [];
  for (const part of Object.values(layer) as (tf.Tensor | NormWeights | LinearWeights | undefined)[]) {
    if (part === undefined) continue;
    if ('scale' in part) found.push(part.scale, part.shift);
    else if ('weight' in part) {
      found.push(part.weight.trained, part.bias, part.adapter?.down, part.adapter?.up);
    } else found.push(part);
  }
  return (found.filter((tensor) => tensor !== undefined) as tf.Variable[]).filter(
    (variable) => variable.trainable,
  );
}

/** Whether it is a matrix. */
export function isWeight(parameter: Parameter): parameter is Weight {
  return 'product' in parameter;
}
