/**
 * In which numbers a model was held and computed: `weights nf4, activations float32, cache bfloat16`, where `cache` are the
 * keys and values while sampling. What is left out is float32, as in every run before there was a choice.
 */
export function arithmeticInWords(formats: {
  readonly weights?: string;
  readonly activations?: string;
  readonly cache?: string;
}): string {
  const { weights = 'float32', activations = 'float32', cache = 'float32' } = formats;
  return `weights ${weights}, activations ${activations}, cache ${cache}`;
}
