import { z } from 'zod';
import type { Family } from './family.js';
import { count, patchFields, patchSizes, textFields } from './fields.js';

/** Qwen2-VL (arXiv:2409.12191). */
export const qwen2VL: Family = {
  modelType: 'qwen2_vl',
  name: 'Qwen2-VL',
  text: { biases: true, headNorms: false, rotary: 'sections' },
  vision: {
    norm: 'layer',
    mlp: 'quick-gelu',
    windows: false,
    patchBias: false,
    learnedPositions: false,
    deepFeatures: false,
    names: { mlp: ['fc1', 'fc2'], mergerNorm: 'ln_q', mergerFirst: 'mlp.0', mergerSecond: 'mlp.2' },
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
  // Here `hidden_size` is the width of the result, and `embed_dim` that of the tower.
  visionFields: z
    .looseObject({
      ...patchFields(14),
      depth: count.default(32),
      embed_dim: count.default(1280),
      hidden_size: count.default(3584),
      hidden_act: z.literal('quick_gelu').default('quick_gelu'),
      mlp_ratio: z.number().positive().default(4),
      num_heads: count.default(16),
    })
    .transform((fields) => ({
      ...patchSizes(fields),
      depth: fields.depth,
      hiddenSize: fields.embed_dim,
      intermediateSize: Math.trunc(fields.embed_dim * fields.mlp_ratio),
      heads: fields.num_heads,
      outputSize: fields.hidden_size,
      fullAttentionBlocks: [],
      deepBlocks: [],
    })),
  ropeTheta: 1e6,
  mropeSection: [16, 24, 24],
  tensorNames: 'flat',
  defaultSystem: 'You are a helpful assistant.',
};
