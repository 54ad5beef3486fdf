/** How frozen weights are held in memory; see `PolicyOptions` of @cppo/policy-qwen. */
export const weightFormats = ['float32', 'bfloat16', 'int8', 'nf4'] as const;
export type WeightFormat = (typeof weightFormats)[number];

/** What else is float32 by default and can be half as wide. */
export const numberTypes = ['float32', 'bfloat16'] as const;
export type NumberType = (typeof numberTypes)[number];

/** In which numbers a model is held and computed. */
export interface Arithmetic {
  /** Left out: as the files have them where the engine can multiply them so, otherwise float32. */
  readonly weights?: WeightFormat;
  readonly activations: NumberType;
  /** Keys and values while sampling. */
  readonly cache: NumberType;
}
