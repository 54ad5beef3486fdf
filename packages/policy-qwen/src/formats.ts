/** How weights can be held in memory, the widest first; see `PolicyOptions`. */
export const weightFormats = ['float32', 'bfloat16', 'int8', 'nf4'] as const;

/** One of `weightFormats`. */
export type WeightFormat = (typeof weightFormats)[number];

/** What else is float32 by default and can be half as wide: inputs of products, keys and values. */
export const numberTypes = ['float32', 'bfloat16'] as const;

/** One of `numberTypes`. */
export type NumberType = (typeof numberTypes)[number];
