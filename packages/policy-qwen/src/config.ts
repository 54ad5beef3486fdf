import { z } from 'zod';

/** Dimensions and constants of the language model. */
export interface QwenTextConfig {
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  /** hiddenSize / heads; Qwen2.5-VL has no field of its own for it. */
  readonly headDimension: number;
  readonly normEpsilon: number;
  readonly ropeTheta: number;
  /** Rotary frequencies that follow time, height and width; they add up to headDimension / 2. */
  readonly mropeSection: readonly [number, number, number];
  readonly initializerRange: number;
}

/** Dimensions and constants of the vision tower. */
export interface QwenVisionConfig {
  readonly depth: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly heads: number;
  readonly headDimension: number;
  readonly channels: number;
  readonly patchSize: number;
  readonly temporalPatchSize: number;
  readonly mergeSize: number;
  /** Side of an attention window in pixels. */
  readonly windowSize: number;
  /** Blocks that attend to the whole image; all others stay within a window. */
  readonly fullAttentionBlocks: readonly number[];
  readonly outputSize: number;
  readonly tokensPerSecond: number;
}

/** Ids that the model itself gives a meaning to; read from the config, never assumed. */
export interface QwenSpecialTokens {
  readonly image: number;
  readonly video: number;
  readonly visionStart: number;
  readonly visionEnd: number;
  /** Ids that end a completion; empty when the config names none. */
  readonly end: readonly number[];
}

/** A Qwen2.5-VL configuration, the same for the flat and the nested layout of config.json. */
export interface QwenConfig {
  readonly text: QwenTextConfig;
  readonly vision: QwenVisionConfig;
  readonly tokens: QwenSpecialTokens;
  /** True when the output head is the embedding matrix (no `lm_head.weight`). */
  readonly tied: boolean;
  /** config.json as it was read, for saving. */
  readonly source: Readonly<Record<string, unknown>>;
}

const count = z.number().int().positive();
const id = z.number().int().nonnegative();
const mropeSection = z.tuple([id, id, id]);

const rope = z.looseObject({
  type: z.string().nullish(),
  rope_type: z.string().nullish(),
  rope_theta: z.number().positive().nullish(),
  mrope_section: mropeSection.nullish(),
});

// Where a file leaves a field out, transformers takes the default of its configuration class
// (which is not the value of any published checkpoint), and so must we.
const textSchema = z.looseObject({
  vocab_size: count.default(152064),
  hidden_size: count.default(8192),
  intermediate_size: count.default(29568),
  num_hidden_layers: count.default(80),
  num_attention_heads: count.default(64),
  // Left out it is 8; null means as many as there are heads.
  num_key_value_heads: count.nullable().default(8),
  hidden_act: z.literal('silu').default('silu'),
  rms_norm_eps: z.number().positive().default(1e-5),
  initializer_range: z.number().positive().default(0.02),
  use_sliding_window: z.literal(false, 'sliding-window attention is not supported').nullish(),
  layer_types: z.array(z.literal('full_attention', 'only full_attention is supported')).nullish(),
  rope_theta: z.number().positive().nullish(),
  rope_scaling: rope.nullish(),
  rope_parameters: rope.nullish(),
  tie_word_embeddings: z.boolean().nullish(),
  eos_token_id: z.union([id, z.array(id)]).nullish(),
});

const visionSchema = z.looseObject({
  depth: count.default(32),
  hidden_size: count.default(3584),
  hidden_act: z.literal('silu').default('silu'),
  intermediate_size: count.default(3420),
  num_heads: count.default(16),
  in_channels: count.nullish(),
  in_chans: count.nullish(),
  patch_size: count.default(14),
  temporal_patch_size: count.default(2),
  spatial_merge_size: count.default(2),
  window_size: count.default(112),
  fullatt_block_indexes: z.array(id).default([7, 15, 23, 31]),
  out_hidden_size: count.default(3584),
  tokens_per_second: z.number().positive().default(4),
  rope_parameters: z
    .looseObject({
      rope_theta: z.literal(10000, 'only 10000 is supported in the vision tower').default(10000),
    })
    .nullish(),
});

const rootSchema = z.looseObject({
  model_type: z.literal('qwen2_5_vl'),
  text_config: z.record(z.string(), z.unknown()).nullish(),
  vision_config: z.record(z.string(), z.unknown()),
  image_token_id: id.default(151655),
  video_token_id: id.default(151656),
  vision_start_token_id: id.default(151652),
  vision_end_token_id: id.default(151653),
  tie_word_embeddings: z.boolean().nullish(),
  eos_token_id: z.union([id, z.array(id)]).nullish(),
});

/**
 * Reads a Qwen2.5-VL config.json: flat (published checkpoints: text fields beside `vision_config`) or
 * nested (saved by transformers ≥ 4.52: text fields inside `text_config`), with `rope_scaling` or
 * `rope_parameters` (v5). Token ids come from the root; the head is tied when either place says so.
 *
 * @param source the parsed JSON of config.json.
 * @throws RangeError naming the key that is wrong, what was found and what is expected.
 */
export function parseQwenConfig(source: unknown): QwenConfig {
  const root = parse(rootSchema, source, '');
  const nested = root.text_config ?? undefined;
  const text = parse(textSchema, nested ?? source, nested ? 'text_config.' : '');
  const vision = parse(visionSchema, root.vision_config, 'vision_config.');

  const headDimension = quotient(
    text.hidden_size,
    text.num_attention_heads,
    'hidden_size',
    'num_attention_heads',
  );
  const keyValueHeads = text.num_key_value_heads ?? text.num_attention_heads;
  quotient(text.num_attention_heads, keyValueHeads, 'num_attention_heads', 'num_key_value_heads');
  const visionHead = quotient(vision.hidden_size, vision.num_heads, 'vision_config.hidden_size', 'num_heads');
  quotient(visionHead, 4, 'vision_config.hidden_size / num_heads', 'the four quarters of 2-D rotary');
  quotient(
    vision.window_size,
    vision.patch_size * vision.spatial_merge_size,
    'vision_config.window_size',
    'patch_size · spatial_merge_size',
  );
  if (vision.out_hidden_size !== text.hidden_size) {
    throw new RangeError(
      `parseQwenConfig: vision_config.out_hidden_size is ${vision.out_hidden_size}, expected the text hidden_size ${text.hidden_size}.`,
    );
  }

  const ropeParameters = text.rope_scaling ?? text.rope_parameters;
  const ropeType = ropeParameters?.rope_type ?? ropeParameters?.type ?? 'default';
  if (ropeType !== 'default' && ropeType !== 'mrope') {
    throw new RangeError(`parseQwenConfig: rope type is "${ropeType}", expected "mrope" or "default".`);
  }
  const section = ropeParameters?.mrope_section ?? [16, 24, 24];
  const sectionSum = section[0] + section[1] + section[2];
  if (sectionSum * 2 !== headDimension) {
    throw new RangeError(
      `parseQwenConfig: mrope_section [${section}] adds up to ${sectionSum}, expected half the head dimension ${headDimension}.`,
    );
  }

  const end = text.eos_token_id ?? root.eos_token_id ?? [];
  return {
    text: {
      vocabularySize: text.vocab_size,
      hiddenSize: text.hidden_size,
      intermediateSize: text.intermediate_size,
      layers: text.num_hidden_layers,
      heads: text.num_attention_heads,
      keyValueHeads,
      headDimension,
      normEpsilon: text.rms_norm_eps,
      ropeTheta: ropeParameters?.rope_theta ?? text.rope_theta ?? 1e6,
      mropeSection: section,
      initializerRange: text.initializer_range,
    },
    vision: {
      depth: vision.depth,
      hiddenSize: vision.hidden_size,
      intermediateSize: vision.intermediate_size,
      heads: vision.num_heads,
      headDimension: visionHead,
      channels: vision.in_channels ?? vision.in_chans ?? 3,
      patchSize: vision.patch_size,
      temporalPatchSize: vision.temporal_patch_size,
      mergeSize: vision.spatial_merge_size,
      windowSize: vision.window_size,
      fullAttentionBlocks: vision.fullatt_block_indexes,
      outputSize: vision.out_hidden_size,
      tokensPerSecond: vision.tokens_per_second,
    },
    tokens: {
      image: root.image_token_id,
      video: root.video_token_id,
      visionStart: root.vision_start_token_id,
      visionEnd: root.vision_end_token_id,
      end: typeof end === 'number' ? [end] : end,
    },
    tied: Boolean(root.tie_word_embeddings) || Boolean(text.tie_word_embeddings),
    source: source as Readonly<Record<string, unknown>>,
  };
}

function parse<T extends z.ZodType>(schema: T, value: unknown, prefix: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  let found = value;
  for (const key of path) found = (found as Record<PropertyKey, unknown> | undefined)?.[key];
  const name = path.length > 0 ? `${prefix}${path.join('.')}` : prefix.replace(/\.$/, '') || 'config.json';
  throw new RangeError(`parseQwenConfig: ${name} is ${JSON.stringify(found)}: ${issue?.message}.`);
}

function quotient(total: number, parts: number, totalName: string, partsName: string): number {
  if (total % parts !== 0) {
    throw new RangeError(
      `parseQwenConfig: ${totalName} is ${total}, expected a multiple of ${partsName} (${parts}).`,
    );
  }
  return total / parts;
}
