import type { z } from 'zod';

/** How the language model of a family is made, beyond sizes. */
export interface TextDesign {
  /** Whether the projections to queries, keys and values have a bias. */
  readonly biases: boolean;
  /** Whether the query and the key of every head are RMS-normalised before they are rotated. */
  readonly headNorms: boolean;
  /**
   * Which rotary frequencies follow time, height and width: one `section` after the other, or `interleaved`, every third
   * one of height and of width from the fastest on, and time the rest.
   */
  readonly rotary: 'sections' | 'interleaved';
}

/** How the vision tower of a family is made, beyond sizes. */
export interface VisionDesign {
  /** Normalisation in blocks and merger: RMS, or by mean and variance with a shift. */
  readonly norm: 'rms' | 'layer';
  /** The activation of a block: SwiGLU has a gate beside the two layers of the others. */
  readonly mlp: 'swiglu' | 'quick-gelu' | 'gelu-tanh';
  /** Whether blocks attend within windows, but for those that the configuration names. */
  readonly windows: boolean;
  /** Whether the patch embedding has a bias. */
  readonly patchBias: boolean;
  /** Whether a learned position, interpolated to the picture's grid, is added to every patch. */
  readonly learnedPositions: boolean;
  /** Whether features of some blocks are added to the states after the first decoder layers (DeepStack, arXiv:2406.04334). */
  readonly deepFeatures: boolean;
  /** What the checkpoints call the layers of a block's MLP (with a gate, that first) and the parts of a merger. */
  readonly names: {
    readonly mlp: readonly string[];
    readonly mergerNorm: string;
    readonly mergerFirst: string;
    readonly mergerSecond: string;
  };
}

/** What `text_config` says, with the defaults of the family's class in transformers. */
export interface TextFields {
  vocab_size: number;
  hidden_size: number;
  intermediate_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  num_key_value_heads: number | null;
  /** Where absent, hidden_size / num_attention_heads. */
  head_dim?: number | undefined;
  rms_norm_eps: number;
  initializer_range: number;
  rope_theta?: number | null | undefined;
  rope_scaling?: RopeFields | null | undefined;
  rope_parameters?: RopeFields | null | undefined;
  tie_word_embeddings?: boolean | null | undefined;
  eos_token_id?: number | number[] | null | undefined;
}

export interface RopeFields {
  type?: string | null | undefined;
  rope_type?: string | null | undefined;
  rope_theta?: number | null | undefined;
  mrope_section?: [number, number, number] | null | undefined;
}

/** Sizes of a vision tower as `vision_config` gives them. */
export interface VisionSizes {
  readonly depth: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly heads: number;
  readonly channels: number;
  readonly patchSize: number;
  readonly temporalPatchSize: number;
  readonly mergeSize: number;
  readonly outputSize: number;
  /** Side of an attention window in pixels; undefined where every block sees the whole picture. */
  readonly windowSize?: number;
  /** With windows, the blocks that attend to the whole picture. */
  readonly fullAttentionBlocks: readonly number[];
  /** Side of the square of learned positions; undefined where there are none. */
  readonly positionSide?: number;
  /** The blocks after which features for the decoder are taken, in order: the i-th for the states after its layer i. */
  readonly deepBlocks: readonly number[];
}

/** One family of models: everything in which it differs from the others. */
export interface Family {
  /** `model_type` in config.json. */
  readonly modelType: string;
  /** What people call it. */
  readonly name: string;
  readonly text: TextDesign;
  readonly vision: VisionDesign;
  /** Reads `text_config`, or config.json itself where its fields stand there. */
  readonly textFields: z.ZodType<TextFields>;
  /** Reads `vision_config`. */
  readonly visionFields: z.ZodType<VisionSizes>;
  /** What transformers takes for what a configuration leaves out. */
  readonly ropeTheta: number;
  readonly mropeSection: readonly [number, number, number];
  /**
   * How checkpoints name tensors: `visual.…` and `model.…` (published before transformers 4.52), or `model.visual.…` and
   * `model.language_model.…`. Both are read, whatever the family.
   */
  readonly tensorNames: 'flat' | 'nested';
  /** The system turn that the published template puts in front of a conversation that begins with none. */
  readonly defaultSystem: string | undefined;
}
