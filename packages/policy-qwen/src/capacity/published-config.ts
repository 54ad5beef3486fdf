import { parseQwenConfig, type QwenConfig } from '../config.js';

/** What differs between the published sizes, in the words of config.json; the rest are the defaults of Qwen2.5-VL. */
const sizes = {
  '3B': {
    hidden_size: 2048,
    intermediate_size: 11008,
    num_hidden_layers: 36,
    num_attention_heads: 16,
    num_key_value_heads: 2,
    vocab_size: 151936,
    tie_word_embeddings: true,
  },
  '7B': {
    hidden_size: 3584,
    intermediate_size: 18944,
    num_hidden_layers: 28,
    num_attention_heads: 28,
    num_key_value_heads: 4,
    vocab_size: 152064,
    tie_word_embeddings: false,
  },
};

/** The models of Qwen2.5-VL on the hub whose dimensions are known here: their names, and what people call them. */
export const publishedModels = (['3B', '7B'] as const).map((size) => ({
  size,
  id: `Qwen/Qwen2.5-VL-${size}-Instruct`,
}));

/**
 * The dimensions of a published model, so that nothing need be downloaded to refuse it.
 *
 * @param name its hub id, with or without a revision.
 * @returns undefined for any other name.
 */
export function publishedConfig(name: string): QwenConfig | undefined {
  const size = publishedModels.find(({ id }) => name === id || name.startsWith(`${id}@`))?.size;
  if (size === undefined) return undefined;
  return parseQwenConfig({
    model_type: 'qwen2_5_vl',
    ...sizes[size],
    vision_config: {
      hidden_size: 1280,
      intermediate_size: 3420,
      out_hidden_size: sizes[size].hidden_size,
    },
  });
}
