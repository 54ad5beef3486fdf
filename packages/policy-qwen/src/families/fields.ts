import { z } from 'zod';

// Fields that config.json has in every family. Where a file leaves one out, transformers takes the default of its
// configuration class (which is not the value of any published checkpoint), and so must we.

export const count = z.number().int().positive();
export const id = z.number().int().nonnegative();

const rope = z.looseObject({
  type: z.string().nullish(),
  rope_type: z.string().nullish(),
  rope_theta: z.number().positive().nullish(),
  mrope_section: z.tuple([id, id, id]).nullish(),
  mrope_interleaved: z.boolean().nullish(),
});

/** Defaults that the configuration classes of the families have. */
export interface TextDefaults {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly rms_norm_eps: number;
}

export const textFields = (defaults: TextDefaults) =>
  z.looseObject({
    vocab_size: count.default(defaults.vocab_size),
    hidden_size: count.default(defaults.hidden_size),
    intermediate_size: count.default(defaults.intermediate_size),
    num_hidden_layers: count.default(defaults.num_hidden_layers),
    num_attention_heads: count.default(defaults.num_attention_heads),
    // Null means as many as there are heads.
    num_key_value_heads: count.nullable().default(defaults.num_key_value_heads),
    hidden_act: z.literal('silu').default('silu'),
    rms_norm_eps: z.number().positive().default(defaults.rms_norm_eps),
    initializer_range: z.number().positive().default(0.02),
    use_sliding_window: z.literal(false, 'sliding-window attention is not supported').nullish(),
    layer_types: z.array(z.literal('full_attention', 'only full_attention is supported')).nullish(),
    rope_theta: z.number().positive().nullish(),
    rope_scaling: rope.nullish(),
    rope_parameters: rope.nullish(),
    tie_word_embeddings: z.boolean().nullish(),
    eos_token_id: z.union([id, z.array(id)]).nullish(),
  });

/** Fields of `vision_config` that all families share. */
export const patchFields = (patchSize: number) => ({
  in_channels: count.nullish(),
  in_chans: count.nullish(),
  patch_size: count.default(patchSize),
  temporal_patch_size: count.default(2),
  spatial_merge_size: count.default(2),
  rope_parameters: z
    .looseObject({
      rope_theta: z.literal(10000, 'only 10000 is supported in the vision tower').default(10000),
    })
    .nullish(),
});

interface PatchFields {
  in_channels?: number | null | undefined;
  in_chans?: number | null | undefined;
  patch_size: number;
  temporal_patch_size: number;
  spatial_merge_size: number;
}

/** `patchFields` under our names. */
export const patchSizes = (fields: PatchFields) => ({
  channels: fields.in_channels ?? fields.in_chans ?? 3,
  patchSize: fields.patch_size,
  temporalPatchSize: fields.temporal_patch_size,
  mergeSize: fields.spatial_merge_size,
});
