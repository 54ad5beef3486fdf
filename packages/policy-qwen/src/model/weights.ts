import type * as tf from '@tensorflow/tfjs-core';
import type { QwenConfig } from '../config.js';
import type { LinearWeights, LowRankAdapter } from './linear.js';
import type { Parameter, Weight } from './weight.js';

/** Weights of one vision block. */
export interface VisionBlockWeights {
  readonly norm1: tf.Tensor1D;
  readonly norm2: tf.Tensor1D;
  readonly qkv: LinearWeights;
  readonly projection: LinearWeights;
  readonly gate: LinearWeights;
  readonly up: LinearWeights;
  readonly down: LinearWeights;
}

/** Weights of the vision tower. */
export interface VisionWeights {
  /** [size, channels·temporal·patch·patch]: the convolution as the linear layer that it is. */
  readonly patchEmbedding: Weight;
  readonly blocks: readonly VisionBlockWeights[];
  readonly mergerNorm: tf.Tensor1D;
  readonly mergerFirst: LinearWeights;
  readonly mergerSecond: LinearWeights;
}

/** Weights of one decoder layer. */
export interface DecoderLayerWeights {
  readonly inputNorm: tf.Tensor1D;
  readonly q: LinearWeights;
  readonly k: LinearWeights;
  readonly v: LinearWeights;
  readonly o: LinearWeights;
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
  const vector = (name: string) => get(`${name}.weight`).variable as tf.Tensor as tf.Tensor1D;
  const linear = (name: string): LinearWeights => ({
    weight: matrix(`${name}.weight`),
    bias: parameters.get(`${name}.bias`)?.variable as tf.Tensor as tf.Tensor1D | undefined,
    adapter: adapters.get(name),
  });
  const embedding = matrix('model.embed_tokens.weight');
  return {
    vision: {
      patchEmbedding: matrix('visual.patch_embed.proj.weight'),
      blocks: Array.from({ length: config.vision.depth }, (_, block) => {
        const name = `visual.blocks.${block}`;
        return {
          norm1: vector(`${name}.norm1`),
          norm2: vector(`${name}.norm2`),
          qkv: linear(`${name}.attn.qkv`),
          projection: linear(`${name}.attn.proj`),
          gate: linear(`${name}.mlp.gate_proj`),
          up: linear(`${name}.mlp.up_proj`),
          down: linear(`${name}.mlp.down_proj`),
        };
      }),
      mergerNorm: vector('visual.merger.ln_q'),
      mergerFirst: linear('visual.merger.mlp.0'),
      mergerSecond: linear('visual.merger.mlp.2'),
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

/** The trained variables among the weights of one layer, for recomputing it. */
export function trainedVariables(layer: DecoderLayerWeights | VisionBlockWeights): tf.Variable[] {
  const found: tf.Tensor[] = [];
  for (const part of Object.values(layer) as (tf.Tensor | LinearWeights)[]) {
    if (!('weight' in part)) {
      found.push(part);
      continue;
    }
    if (part.weight.trained) found.push(part.weight.trained);
    if (part.bias) found.push(part.bias);
    if (part.adapter) found.push(part.adapter.down, part.adapter.up);
  }
  return (found as tf.Variable[]).filter((variable) => variable.trainable);
}

/** Whether it is a matrix. */
export function isWeight(parameter: Parameter): parameter is Weight {
  return 'product' in parameter;
}
