import { describe, expect, test } from 'vitest';
import configurations from './__fixtures__/configurations.json' with { type: 'json' };
import { fixture, fixtureNames } from './__fixtures__/models.js';
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
    const {
      mropeSection,
      design: _,
      ...parsed
    } = parseQwenConfig({
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
    expect(whole.vision).toMatchObject({
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
    [
      { model_type: 'qwen3_vl_moe' },
      'model_type is "qwen3_vl_moe", a mixture of experts, which is not supported; expected qwen2_vl (Qwen2-VL), ' +
        'qwen2_5_vl (Qwen2.5-VL), qwen3_vl (Qwen3-VL), dense models that take pictures and text.',
    ],
    [{ model_type: 'llava' }, 'model_type is "llava"; expected qwen2_vl'],
    [{ model_type: undefined }, 'model_type is undefined; expected qwen2_vl'],
    [{ vision_config: undefined }, 'vision_config is undefined: expected the fields of the vision tower.'],
    [
      { vision_config: { hidden_size: 32, num_heads: 2, out_hidden_size: 32 } },
      'results are 32 wide (vision_config.out_hidden_size',
    ],
  ])('names what is wrong in %j', (change, message) => {
    expect(() => parseQwenConfig({ ...flat, ...change })).toThrow(message);
  });
});

describe('the other families', () => {
  const { qwen2_vl: two, qwen3_vl: three } = configurations.others;
  const textOf = (text: typeof two.text) => ({
    vocabularySize: text.vocab_size,
    hiddenSize: text.hidden_size,
    intermediateSize: text.intermediate_size,
    layers: text.num_hidden_layers,
    heads: text.num_attention_heads,
    keyValueHeads: text.num_key_value_heads,
    normEpsilon: text.rms_norm_eps,
    ropeTheta: text.rope_parameters.rope_theta,
    initializerRange: text.initializer_range,
  });
  const patchesOf = (vision: typeof two.vision | typeof three.vision) => ({
    depth: vision.depth,
    heads: vision.num_heads,
    channels: vision.in_channels,
    patchSize: vision.patch_size,
    temporalPatchSize: vision.temporal_patch_size,
    mergeSize: vision.spatial_merge_size,
  });

  test('take what transformers takes for every key that is left out of Qwen2-VL', () => {
    const { text, vision } = parseQwenConfig({
      model_type: 'qwen2_vl',
      vision_config: { hidden_size: two.text.hidden_size },
    });
    expect(text).toMatchObject({ ...textOf(two.text), headDimension: 128 });
    expect(vision).toMatchObject({
      ...patchesOf(two.vision),
      hiddenSize: two.vision.embed_dim,
      intermediateSize: two.vision.embed_dim * two.vision.mlp_ratio,
    });
    expect(vision.windowSize).toBeUndefined();
    expect(
      parseQwenConfig({
        model_type: 'qwen2_vl',
        hidden_size: 3584,
        num_attention_heads: 28,
        num_key_value_heads: 4,
        vision_config: {},
      }).vision.outputSize,
    ).toBe(two.vision.hidden_size);
  });

  test('take what transformers takes for every key that is left out of Qwen3-VL', () => {
    const { text, vision, tied } = parseQwenConfig({
      model_type: 'qwen3_vl',
      text_config: {},
      vision_config: { out_hidden_size: three.text.hidden_size },
    });
    expect(text).toMatchObject({ ...textOf(three.text), headDimension: three.text.head_dim });
    expect(vision).toMatchObject({
      ...patchesOf(three.vision),
      hiddenSize: three.vision.hidden_size,
      intermediateSize: three.vision.intermediate_size,
      positionSide: 48,
      deepBlocks: three.vision.deepstack_visual_indexes,
    });
    expect(tied).toBe(three.root.tie_word_embeddings);
  });

  const qwen3 = fixture('qwen3-vl').config as Record<'text_config' | 'vision_config', object>;
  test.each([
    [{ text_config: { ...qwen3.text_config, attention_bias: true } }, 'text_config.attention_bias is true'],
    [
      { text_config: { ...qwen3.text_config, head_dim: 20 } },
      'adds up to 12, expected half the head dimension 20',
    ],
    [
      { vision_config: { ...qwen3.vision_config, deepstack_visual_indexes: [2, 0] } },
      'vision_config.deepstack_visual_indexes is [2,0]: expected blocks in ascending order',
    ],
    [
      { vision_config: { ...qwen3.vision_config, deepstack_visual_indexes: [0, 4] } },
      'deepstack_visual_indexes is [0,4], expected blocks below 4 (depth)',
    ],
    [
      { vision_config: { ...qwen3.vision_config, deepstack_visual_indexes: [0, 1, 2, 3] } },
      'fewer of them than the 4 layers of the decoder',
    ],
    [
      { vision_config: { ...qwen3.vision_config, num_position_embeddings: 35 } },
      'vision_config.num_position_embeddings is 35: expected a square number',
    ],
    [{ text_config: undefined }, 'text_config is missing'],
  ])('name what is wrong in %j', (change, message) => {
    expect(() => parseQwenConfig({ ...qwen3, ...change })).toThrow(message);
  });
});

test.each(fixtureNames)('the design of %s says what its tower has', (name) => {
  const { vision } = parseQwenConfig(fixture(name).config);
  const { windows, learnedPositions, deepFeatures } = vision.design;
  expect(vision.windowSize !== undefined).toBe(windows);
  expect(vision.positionSide !== undefined).toBe(learnedPositions);
  expect(vision.deepBlocks.length > 0).toBe(deepFeatures);
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

  test('has the parameters of the published Qwen2-VL and Qwen3-VL', () => {
    const qwen2 = {
      model_type: 'qwen2_vl',
      hidden_size: 1536,
      intermediate_size: 8960,
      num_hidden_layers: 28,
      num_attention_heads: 12,
      num_key_value_heads: 2,
      vocab_size: 151936,
      tie_word_embeddings: true,
      vision_config: { depth: 32, embed_dim: 1280, mlp_ratio: 4, num_heads: 16, hidden_size: 1536 },
    };
    const qwen3 = (hidden: number, inner: number, layers: number, heads: number) => ({
      model_type: 'qwen3_vl',
      tie_word_embeddings: true,
      text_config: {
        hidden_size: hidden,
        intermediate_size: inner,
        num_hidden_layers: layers,
        num_attention_heads: heads,
        num_key_value_heads: 8,
        head_dim: 128,
      },
      vision_config: {
        depth: 24,
        hidden_size: 1024,
        intermediate_size: 4096,
        out_hidden_size: hidden,
        deepstack_visual_indexes: [5, 11, 17],
      },
    });
    // As the model pages of the hub state them.
    expect(count(qwen2)[1]).toBe(2_208_985_600);
    expect(count(qwen3(2048, 6144, 28, 16))[1]).toBe(2_127_532_032);
    expect(count(qwen3(2560, 9728, 36, 32))[1]).toBe(4_437_815_808);
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
