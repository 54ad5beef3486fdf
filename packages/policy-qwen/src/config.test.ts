import { describe, expect, test } from 'vitest';
import configurations from './__fixtures__/configurations.json' with { type: 'json' };
import { fixture } from './__fixtures__/models.js';
import { parseQwenConfig } from './config.js';
import { parameterShapes, publishedName } from './parameters.js';

const flat = fixture('tied').config as Record<string, unknown>;
const nested = fixture('untied').config as { text_config: Record<string, unknown> } & Record<string, unknown>;

/** What the published 3B's config.json says (the 7B differs where noted in the test). */
const published3B = {
  model_type: 'qwen2_5_vl',
  hidden_size: 2048,
  intermediate_size: 11008,
  num_hidden_layers: 36,
  num_attention_heads: 16,
  num_key_value_heads: 2,
  vocab_size: 151936,
  rms_norm_eps: 1e-6,
  rope_theta: 1e6,
  rope_scaling: { type: 'mrope', mrope_section: [16, 24, 24] },
  tie_word_embeddings: true,
  eos_token_id: 151645,
  vision_config: {
    depth: 32,
    hidden_size: 1280,
    intermediate_size: 3420,
    num_heads: 16,
    in_chans: 3,
    out_hidden_size: 2048,
    tokens_per_second: 2,
  },
};

describe('parseQwenConfig', () => {
  test('reads the flat layout', () => {
    const config = parseQwenConfig(flat);
    expect(config.tied).toBe(true);
    expect(config.text).toMatchObject({
      headDimension: 16,
      mropeSection: [2, 3, 3],
      ropeTheta: 1e6,
      normEpsilon: 1e-6,
    });
    expect(config.vision).toMatchObject({ headDimension: 16, channels: 3, fullAttentionBlocks: [1] });
    expect(config.tokens).toEqual({ image: 90, video: 91, visionStart: 88, visionEnd: 89, end: [2] });
  });

  test('reads the nested layout of transformers 5', () => {
    const config = parseQwenConfig(nested);
    expect(config.tied).toBe(false);
    expect(config.text).toMatchObject({
      layers: 3,
      headDimension: 12,
      mropeSection: [3, 1, 2],
      ropeTheta: 10000,
    });
    expect(
      parseQwenConfig({ ...nested, text_config: { ...nested.text_config, tie_word_embeddings: true } }).tied,
    ).toBe(true);
  });

  test('takes what transformers takes for every key that is left out', () => {
    const { text, vision, root } = configurations.defaults;
    const { mropeSection, ...parsed } = parseQwenConfig({
      model_type: 'qwen2_5_vl',
      rope_scaling: { type: 'mrope', mrope_section: [16, 24, 24] },
      vision_config: { out_hidden_size: text.hidden_size },
    }).text;
    expect(mropeSection).toEqual([16, 24, 24]);
    expect(parsed).toEqual({
      vocabularySize: text.vocab_size,
      hiddenSize: text.hidden_size,
      intermediateSize: text.intermediate_size,
      layers: text.num_hidden_layers,
      heads: text.num_attention_heads,
      keyValueHeads: text.num_key_value_heads,
      headDimension: text.hidden_size / text.num_attention_heads,
      normEpsilon: text.rms_norm_eps,
      ropeTheta: text.rope_parameters.rope_theta,
      initializerRange: text.initializer_range,
    });
    const whole = parseQwenConfig({
      model_type: 'qwen2_5_vl',
      hidden_size: vision.out_hidden_size,
      num_attention_heads: 28,
      num_key_value_heads: null,
      vision_config: {},
    });
    expect(whole.text.keyValueHeads).toBe(28);
    expect(whole.vision).toEqual({
      depth: vision.depth,
      hiddenSize: vision.hidden_size,
      intermediateSize: vision.intermediate_size,
      heads: vision.num_heads,
      headDimension: vision.hidden_size / vision.num_heads,
      channels: vision.in_channels,
      patchSize: vision.patch_size,
      temporalPatchSize: vision.temporal_patch_size,
      mergeSize: vision.spatial_merge_size,
      windowSize: vision.window_size,
      fullAttentionBlocks: vision.fullatt_block_indexes,
      outputSize: vision.out_hidden_size,
      tokensPerSecond: vision.tokens_per_second,
    });
    expect(whole.tokens).toMatchObject({
      image: root.image_token_id,
      video: root.video_token_id,
      visionStart: root.vision_start_token_id,
      visionEnd: root.vision_end_token_id,
    });
    expect(whole.tied).toBe(root.tie_word_embeddings);
  });

  test.each([
    [{ hidden_size: '64' }, 'hidden_size is "64"'],
    [{ num_attention_heads: 5 }, 'hidden_size is 64, expected a multiple of num_attention_heads (5)'],
    [{ rope_scaling: { type: 'yarn' } }, 'rope type is "yarn"'],
    [{ rope_scaling: { type: 'mrope', mrope_section: [2, 3, 4] } }, 'adds up to 9'],
    [{ hidden_act: 'gelu' }, 'hidden_act is "gelu"'],
    [{ use_sliding_window: true }, 'sliding-window attention is not supported'],
    [{ layer_types: ['full_attention', 'sliding_attention'] }, 'only full_attention is supported'],
    [
      {
        vision_config: {
          ...(flat.vision_config as object),
          rope_parameters: { rope_type: 'axial', rope_theta: 5000 },
        },
      },
      'vision_config.rope_parameters.rope_theta is 5000',
    ],
    [{ model_type: 'qwen2_vl' }, 'model_type is "qwen2_vl"'],
    [{ vision_config: undefined }, 'vision_config'],
    [{ vision_config: { hidden_size: 32, num_heads: 2, out_hidden_size: 32 } }, 'out_hidden_size is 32'],
  ])('names what is wrong in %j', (change, message) => {
    expect(() => parseQwenConfig({ ...flat, ...change })).toThrow(message);
  });
});

describe('parameterShapes', () => {
  const count = (config: unknown) => {
    const shapes = [...parameterShapes(parseQwenConfig(config)).values()];
    return [shapes.length, shapes.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0)];
  };

  test('has the tensors and parameters of the published 3B and 7B', () => {
    expect(count(published3B)).toEqual([824, 3_754_622_976]);
    const published7B = {
      ...published3B,
      hidden_size: 3584,
      intermediate_size: 18944,
      num_hidden_layers: 28,
      num_attention_heads: 28,
      num_key_value_heads: 4,
      vocab_size: 152064,
      tie_word_embeddings: false,
      vision_config: { ...published3B.vision_config, out_hidden_size: 3584 },
    };
    expect(count(published7B)).toEqual([729, 8_292_166_656]);
  });

  test('new names become published ones', () => {
    expect(publishedName('model.visual.merger.ln_q.weight')).toBe('visual.merger.ln_q.weight');
    expect(publishedName('model.language_model.layers.3.mlp.up_proj.weight')).toBe(
      'model.layers.3.mlp.up_proj.weight',
    );
    for (const name of ['lm_head.weight', 'model.norm.weight', 'visual.blocks.0.norm1.weight']) {
      expect(publishedName(name)).toBe(name);
    }
  });
});
