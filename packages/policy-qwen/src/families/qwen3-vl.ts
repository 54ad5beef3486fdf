import { z } from 'zod';
import type { Family } from './family.js';
import { count, id, patchFields, patchSizes, textFields } from './fields.js';

const ascending = (blocks: readonly number[]) =>
  blocks.every((block, i) => i === 0 || block > blocks[i - 1]!);

/** Qwen3-VL (arXiv:2511.21631), the dense models. */
export const qwen3VL: Family = {
  modelType: 'qwen3_vl',
  name: 'Qwen3-VL',
  text: { biases: false, headNorms: true, rotary: 'interleaved' },
  vision: {
    norm: 'layer',
    mlp: 'gelu-tanh',
    windows: false,
    patchBias: true,
    learnedPositions: true,
    deepFeatures: true,
    names: {
      mlp: ['linear_fc1', 'linear_fc2'],
      mergerNorm: 'norm',
      mergerFirst: 'linear_fc1',
      mergerSecond: 'linear_fc2',
    },
  },
  textFields: textFields({
    vocab_size: 151936,
    hidden_size: 4096,
    intermediate_size: 22016,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    num_key_value_heads: 32,
    rms_norm_eps: 1e-6,
  }).extend({
    head_dim: count.default(128),
    attention_bias: z.literal(false, 'only false is supported').nullish(),
  }),
  visionFields: z
    .looseObject({
      ...patchFields(16),
      depth: count.default(27),
      hidden_size: count.default(1152),
      hidden_act: z.literal('gelu_pytorch_tanh').default('gelu_pytorch_tanh'),
      intermediate_size: count.default(4304),
      num_heads: count.default(16),
      out_hidden_size: count.default(3584),
      num_position_embeddings: count
        .refine((positions) => Number.isInteger(Math.sqrt(positions)), 'expected a square number')
        .default(2304),
      deepstack_visual_indexes: z
        .array(id)
        .refine(ascending, 'expected blocks in ascending order')
        .default([8, 16, 24]),
    })
    .transform((fields) => ({
      ...patchSizes(fields),
      depth: fields.depth,
      hiddenSize: fields.hidden_size,
      intermediateSize: fields.intermediate_size,
      heads: fields.num_heads,
      outputSize: fields.out_hidden_size,
      fullAttentionBlocks: [],
      positionSide: Math.sqrt(fields.num_position_embeddings),
      deepBlocks: fields.deepstack_visual_indexes,
    })),
  ropeTheta: 5e5,
  mropeSection: [24, 20, 20],
  tensorNames: 'nested',
  defaultSystem: undefined,
};
