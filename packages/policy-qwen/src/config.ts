import { z } from 'zod';
import { id } from './families/fields.js';
import { familyOf, type TextDesign, type VisionDesign, type VisionSizes } from './families/index.js';

/** Dimensions and constants of the language model. */
export interface QwenTextConfig {
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDimension: number;
  readonly normEpsilon: number;
  readonly ropeTheta: number;
  /** Rotary frequencies that follow time, height and width; they add up to headDimension / 2. */
  readonly mropeSection: readonly [number, number, number];
  readonly initializerRange: number;
  readonly design: TextDesign;
}

/** Dimensions of the vision tower, and how it is made. */
export interface QwenVisionConfig extends VisionSizes {
  readonly headDimension: number;
  readonly design: VisionDesign;
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

/** A Qwen-VL configuration, the same for the flat and the nested layout of config.json. */
export interface QwenConfig {
  /** `model_type` of its family: `qwen2_vl`, `qwen2_5_vl` or `qwen3_vl`. */
  readonly modelType: string;
  readonly text: QwenTextConfig;
  readonly vision: QwenVisionConfig;
  readonly tokens: QwenSpecialTokens;
  /** True when the output head is the embedding matrix (no `lm_head.weight`). */
  readonly tied: boolean;
  /** config.json as it was read, for saving. */
  readonly source: Readonly<Record<string, unknown>>;
}

const rootSchema = z.looseObject({
  text_config: z.record(z.string(), z.unknown()).nullish(),
  vision_config: z.record(z.string(), z.unknown(), 'expected the fields of the vision tower'),
  image_token_id: id.default(151655),
  video_token_id: id.default(151656),
  vision_start_token_id: id.default(151652),
  vision_end_token_id: id.default(151653),
  tie_word_embeddings: z.boolean().nullish(),
  eos_token_id: z.union([id, z.array(id)]).nullish(),
});

/**
 * Reads the config.json of a family (`families/`): flat (checkpoints published before transformers 4.52: text fields beside
 * `vision_config`) or nested (text fields inside `text_config`), with `rope_scaling` or `rope_parameters` (v5). Token ids
 * come from the root; the head is tied when either place says so.
 *
 * @param source the parsed JSON of config.json.
 * @throws RangeError naming the key that is wrong, what was found and what is expected.
 */
export function parseQwenConfig(source: unknown): QwenConfig {
  const family = familyOf((source as Record<string, unknown> | null | undefined)?.model_type);
  const root = parse(rootSchema, source, '');
  const nested = root.text_config ?? undefined;
  if (!nested && family.tensorNames === 'nested') {
    throw new RangeError(
      `parseQwenConfig: text_config is missing; expected the fields of the language model in it, as ${family.name} has them.`,
    );
  }
  const text = parse(family.textFields, nested ?? source, nested ? 'text_config.' : '');
  const vision = parse(family.visionFields, root.vision_config, 'vision_config.');

  const headDimension =
    text.head_dim ??
    quotient(text.hidden_size, text.num_attention_heads, 'hidden_size', 'num_attention_heads');
  const keyValueHeads = text.num_key_value_heads ?? text.num_attention_heads;
  quotient(text.num_attention_heads, keyValueHeads, 'num_attention_heads', 'num_key_value_heads');
  const visionHead = quotient(vision.hiddenSize, vision.heads, "the vision tower's width", 'its num_heads');
  quotient(visionHead, 4, "a head of the vision tower's width", 'the four quarters of 2-D rotary');
  if (vision.windowSize !== undefined) {
    quotient(
      vision.windowSize,
      vision.patchSize * vision.mergeSize,
      'vision_config.window_size',
      'patch_size · spatial_merge_size',
    );
  }
  const beyond = vision.deepBlocks.find((block) => block >= vision.depth);
  if (beyond !== undefined || vision.deepBlocks.length >= text.num_hidden_layers) {
    throw new RangeError(
      `parseQwenConfig: vision_config.deepstack_visual_indexes is [${vision.deepBlocks}], expected blocks below ` +
        `${vision.depth} (depth), and fewer of them than the ${text.num_hidden_layers} layers of the decoder.`,
    );
  }
  if (vision.outputSize !== text.hidden_size) {
    throw new RangeError(
      `parseQwenConfig: the vision tower's results are ${vision.outputSize} wide (vision_config.out_hidden_size; hidden_size in Qwen2-VL), expected the text hidden_size ${text.hidden_size}.`,
    );
  }

  const ropeParameters = text.rope_scaling ?? text.rope_parameters;
  const ropeType = ropeParameters?.rope_type ?? ropeParameters?.type ?? 'default';
  if (ropeType !== 'default' && ropeType !== 'mrope') {
    throw new RangeError(`parseQwenConfig: rope type is "${ropeType}", expected "mrope" or "default".`);
  }
  const section = ropeParameters?.mrope_section ?? family.mropeSection;
  const sectionSum = section[0] + section[1] + section[2];
  if (sectionSum * 2 !== headDimension) {
    throw new RangeError(
      `parseQwenConfig: mrope_section [${section}] adds up to ${sectionSum}, expected half the head dimension ${headDimension}.`,
    );
  }

  const end = text.eos_token_id ?? root.eos_token_id ?? [];
  return {
    modelType: family.modelType,
    text: {
      vocabularySize: text.vocab_size,
      hiddenSize: text.hidden_size,
      intermediateSize: text.intermediate_size,
      layers: text.num_hidden_layers,
      heads: text.num_attention_heads,
      keyValueHeads,
      headDimension,
      normEpsilon: text.rms_norm_eps,
      ropeTheta: ropeParameters?.rope_theta ?? text.rope_theta ?? family.ropeTheta,
      mropeSection: section,
      initializerRange: text.initializer_range,
      design: family.text,
    },
    vision: { ...vision, headDimension: visionHead, design: family.vision },
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
