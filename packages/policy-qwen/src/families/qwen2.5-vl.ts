import { z } from 'zod';
import type { Family } from './family.js';
import { count, id, patchFields, patchSizes, textFields } from './fields.js';

/** Qwen2.5-VL (arXiv:2502.13923). */
export const qwen25VL: Family = {
  modelType: 'qwen2_5_vl',
  name: 'Qwen2.5-VL',
  text: { biases: true, headNorms: false, rotary: 'sections' },
  vision: {
    norm: 'rms',
    mlp: 'swiglu',
    windows: true,
    patchBias: false,
    learnedPositions: false,
    deepFeatures: false,
    names: {
      mlp: ['gate_proj', 'up_proj', 'down_proj'],
      mergerNorm: 'ln_q',
      mergerFirst: 'mlp.0',
      mergerSecond: 'mlp.2',
    },
  },
  textFields: textFields({
    vocab_size: 152064,
    hidden_size: 8192,
    intermediate_size: 29568,
    num_hidden_layers: 80,
    num_attention_heads: 64,
    num_key_value_heads: 8,
    rms_norm_eps: 1e-5,
  }),
  visionFields: z
    .looseObject({
      ...patchFields(14),
      depth: count.default(32),
      hidden_size: count.default(3584),
      hidden_act: z.literal('silu').default('silu'),
      intermediate_size: count.default(3420),
      num_heads: count.default(16),
      window_size: count.default(112),
      fullatt_block_indexes: z.array(id).default([7, 15, 23, 31]),
      out_hidden_size: count.default(3584),
    })
    .transform((fields) => ({
      ...patchSizes(fields),
      depth: fields.depth,
      hiddenSize: fields.hidden_size,
      intermediateSize: fields.intermediate_size,
      heads: fields.num_heads,
      outputSize: fields.out_hidden_size,
      windowSize: fields.window_size,
      fullAttentionBlocks: fields.fullatt_block_indexes,
      deepBlocks: [],
    })),
  ropeTheta: 1e6,
  mropeSection: [16, 24, 24],
  tensorNames: 'flat',
  defaultSystem: 'You are a helpful assistant.',
};
