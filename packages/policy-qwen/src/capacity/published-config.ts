import { parseQwenConfig, type QwenConfig } from '../config.js';

/** A decoder's dimensions in the words of config.json; the rest are the defaults of its family. */
const decoder = (
  hidden_size: number,
  intermediate_size: number,
  num_hidden_layers: number,
  num_attention_heads: number,
  num_key_value_heads: number,
) => ({ hidden_size, intermediate_size, num_hidden_layers, num_attention_heads, num_key_value_heads });

const tied = { tie_word_embeddings: true, vocab_size: 151936 };

/** By the name on the hub, without its owner and `-Instruct`. */
const configs: Readonly<Record<string, object>> = {
  'Qwen2-VL-2B': {
    ...{ model_type: 'qwen2_vl', ...tied, ...decoder(1536, 8960, 28, 12, 2) },
    vision_config: { hidden_size: 1536 },
  },
  'Qwen2.5-VL-3B': {
    ...{ model_type: 'qwen2_5_vl', ...tied, ...decoder(2048, 11008, 36, 16, 2) },
    vision_config: { hidden_size: 1280, out_hidden_size: 2048 },
  },
  'Qwen2.5-VL-7B': {
    ...{ model_type: 'qwen2_5_vl', vocab_size: 152064, ...decoder(3584, 18944, 28, 28, 4) },
    vision_config: { hidden_size: 1280, out_hidden_size: 3584 },
  },
  'Qwen3-VL-2B': thirdGeneration(decoder(2048, 6144, 28, 16, 8)),
  'Qwen3-VL-4B': thirdGeneration(decoder(2560, 9728, 36, 32, 8)),
};

/** The small models of Qwen3-VL share their vision tower. */
function thirdGeneration(text: ReturnType<typeof decoder>) {
  return {
    model_type: 'qwen3_vl',
    tie_word_embeddings: true,
    text_config: text,
    vision_config: {
      ...{ depth: 24, hidden_size: 1024, intermediate_size: 4096, out_hidden_size: text.hidden_size },
      deepstack_visual_indexes: [5, 11, 17],
    },
  };
}

/** The models on the hub whose dimensions are known here: their ids, and what people call them. */
export const publishedModels = Object.keys(configs).map((name) => ({ name, id: `Qwen/${name}-Instruct` }));

/**
 * The dimensions of a published model, so that nothing need be downloaded to refuse it.
 *
 * @param source its hub id, with or without a revision.
 * @returns undefined for any other name.
 */
export function publishedConfig(source: string): QwenConfig | undefined {
  const model = publishedModels.find(({ id }) => source === id || source.startsWith(`${id}@`));
  return model && parseQwenConfig(configs[model.name]);
}
