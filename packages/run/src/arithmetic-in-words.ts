/** In which numbers a model was held and computed, by the names of the formats. */
interface Arithmetic {
  readonly weights?: string;
  readonly activations?: string;
  /** Keys and values while sampling. */
  readonly cache?: string;
}

/** `weights nf4, activations float32, cache bfloat16`. A number format left out is float32, as in every run before there was a choice. */
export function arithmeticInWords(arithmetic: Arithmetic): string {
  const { weights = 'float32', activations = 'float32', cache = 'float32' } = arithmetic;
  return `weights ${weights}, activations ${activations}, cache ${cache}`;
}
